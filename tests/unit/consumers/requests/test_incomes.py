"""A month's income against its expectation: the days of the month, the part so far, and the order."""

from datetime import UTC, datetime

import pytest

from consumers.requests.directory import Directory
from consumers.requests.domain.loads.loads import Load
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.incomes import Month, incomes_of, jalali_month
from schemas.offices import Office
from tests.kit.values import builders


def at(year: int, month: int, day: int, hour: int = 8) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (at(2026, 11, 25), Month(1405, 9, 4, 30)),
        (at(2026, 3, 21), Month(1405, 1, 1, 31)),
        (at(2027, 3, 20), Month(1405, 12, 29, 29)),
        # 1403 is a leap year.
        (at(2025, 3, 20), Month(1403, 12, 30, 30)),
        # In Iran the next day has begun.
        (at(2026, 11, 21, 21), Month(1405, 9, 1, 30)),
    ],
)
def test_the_month_as_of_a_day(moment: datetime, month: Month) -> None:
    assert jalali_month(moment) == month


def office(code: str, expected_rial: int) -> Office:
    return builders.office(code, expected_monthly_income_rial=expected_rial)


def test_who_has_reached_least_comes_first_and_who_expects_nothing_last() -> None:
    things = [office("a", 0), office("b", 30_000), office("c", 30_000), office("d", 30_000)]
    view = RegistryView.empty().with_entries(
        builders.entries([builders.territory(), builders.policy(), builders.calendar(), *things])
    )
    loads = {
        "b": Load(0, 0, 8_000, 140509),
        "c": Load(0, 0, 1_000, 140509),
        # Of the month before, so nothing of this one.
        "d": Load(0, 0, 9_999_999, 140508),
    }
    moment = at(2026, 11, 25)
    found = incomes_of(Directory(view, moment).offices(), loads, moment)
    assert [(one.facts.office.code, one.income_rial, one.expected_so_far_rial) for one in found] == [
        ("d", 0, 4_000),
        ("c", 1_000, 4_000),
        ("b", 8_000, 4_000),
        ("a", 0, 0),
    ]
    assert [one.reached_per_mille for one in found] == [0, 250, 2_000, None]
