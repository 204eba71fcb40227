"""What rows of a log become: services, places, times moved so that the weekend falls right; and why others do not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.operations.replay.mapping import (
    Dropped,
    LogMapping,
    MappingInvalid,
    ReplayCase,
    case_of,
    read_mapping,
    replay_id,
    request_of,
    weekday_moves,
)
from deploy.operations.replay.reading import business_times

CONTENT: dict[str, Any] = {
    "name": "a-log",
    "origin": "a city's open data",
    "columns": {"id": "case", "opened": "open", "category": "type", "place": "where"},
    "shift_days": -2,
    "services": {"power.lamp": {"agency": "power", "form": {"place": "${place}", "number": "${id}", "pages": 2}}},
    "categories": {"Lamp out": "power.lamp"},
    "left_out": {"Opinion": "not a request"},
    "places": {"Harbour": "bojnord"},
}
ROW = {"case": "17", "open": "2011-07-04 09:30:00", "type": "Lamp out", "where": "Harbour"}


def mapping(**changes: Any) -> LogMapping:
    """Return the tests' mapping with some of its content changed."""
    return read_mapping({**CONTENT, **changes})


def case(**changes: str) -> ReplayCase:
    """Return the tests' row, changed, as the case that it becomes."""
    found = case_of({**ROW, **changes}, mapping())
    assert isinstance(found, ReplayCase)
    return found


def test_a_monday_becomes_a_saturday_at_the_same_hour() -> None:
    assert case() == ReplayCase("17", datetime(2011, 7, 2, 9, 30), "Lamp out", "Harbour", "power.lamp", "bojnord")  # noqa: DTZ001  wall clock
    assert case().opened_at.strftime("%A") == "Saturday"
    assert dict(weekday_moves(mapping()))["Saturday"] == "Thursday"
    assert dict(weekday_moves(mapping()))["Sunday"] == "Friday"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "Opinion"}, Dropped.LEFT_OUT),
        ({"type": "Rocket"}, Dropped.UNKNOWN_CATEGORY),
        ({"where": " "}, Dropped.NO_PLACE),
        ({"where": "Moon"}, Dropped.UNKNOWN_PLACE),
        ({"case": ""}, Dropped.UNREADABLE),
        ({"open": "yesterday"}, Dropped.UNREADABLE),
        ({"open": ""}, Dropped.UNREADABLE),
    ],
)
def test_dropped_rows_have_a_reason(changes: dict[str, str], reason: Dropped) -> None:
    assert case_of({**ROW, **changes}, mapping()) is reason


def test_the_request_is_the_agencys_and_fills_the_form() -> None:
    request = request_of(case(), mapping())
    assert (request.service, request.city, request.origin) == ("power.lamp", "bojnord", "agency")
    assert request.form == {"place": "Harbour", "number": "17", "pages": 2}
    assert request.personal is None


def test_ids_follow_from_the_logs_own() -> None:
    assert request_of(case(), mapping()) == request_of(case(), mapping())
    assert request_of(case(), mapping()).request_id != request_of(case(case="18"), mapping()).request_id
    assert request_of(case(), mapping()).request_id != request_of(case(), mapping(name="b-log")).request_id
    assert replay_id(mapping(), case(), "submitted") != replay_id(mapping(), case(), "request")


@pytest.mark.parametrize(
    ("opened", "laid"),
    [
        ("2011-07-04 00:00:00", "00:00:00"),
        ("2011-07-04 03:30:00", "04:00:00"),
        ("2011-07-04 07:00:00", "08:00:00"),
        ("2011-07-04 13:00:00", "11:00:00"),
        ("2011-07-04 19:00:00", "14:00:00"),
        ("2011-07-04 21:30:00", "19:00:00"),
        ("2011-07-04 23:59:59", "23:59:58"),
    ],
)
def test_the_busy_hours_are_laid_onto_those_of_the_province(opened: str, laid: str) -> None:
    squeezed = mapping(day={"source": ["07:00", "19:00"], "target": ["08:00", "14:00"]})
    found = case_of({**ROW, "open": opened}, squeezed)
    assert isinstance(found, ReplayCase)
    assert f"{found.opened_at:%Y-%m-%d %H:%M:%S}" == f"2011-07-02 {laid}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"categories": {"Lamp out": "power.rocket"}}, "not under services"),
        ({"left_out": {"Lamp out": "twice"}}, "mapped as well"),
        ({"columns": {"id": "case"}}, "columns.opened"),
        ({"shift_days": 9}, "shift_days"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_which_field(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingInvalid, match=words):
        mapping(**changes)


def test_the_log_begins_on_the_next_day_of_the_same_name() -> None:
    cases = [case(), case(case="18", open="2011-07-06 10:00:00")]
    first, second = business_times(cases, datetime(2026, 11, 25, 0, 0, tzinfo=UTC))
    assert first == datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
    assert second == datetime(2026, 11, 30, 6, 30, tzinfo=UTC)


def test_the_log_can_begin_the_same_day_but_never_on_one_before() -> None:
    same_day = business_times([case()], datetime(2026, 11, 28, 18, 0, tzinfo=UTC))
    next_day = business_times([case()], datetime(2026, 11, 28, 20, 30, tzinfo=UTC))
    assert same_day == [datetime(2026, 11, 28, 6, 0, tzinfo=UTC)]
    assert next_day == [datetime(2026, 12, 5, 6, 0, tzinfo=UTC)]
    long_ago = business_times([case()], datetime(2001, 1, 1, tzinfo=UTC))
    assert long_ago == [datetime(2001, 1, 6, 6, 0, tzinfo=UTC)]


def test_speed_shortens_what_lies_between() -> None:
    cases = [case(), case(case="18", open="2011-07-05 09:30:00")]
    first, second = business_times(cases, datetime(2026, 11, 28, 0, 0, tzinfo=UTC), speed=24)
    assert (second - first).total_seconds() == 3600
    assert business_times([], datetime(2026, 11, 28, tzinfo=UTC)) == []
