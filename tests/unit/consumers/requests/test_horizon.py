"""Up to when intake is read, from where topics ended when and how far the workers are."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from consumers.parking import NEVER_YET
from consumers.requests.horizon import Horizon, IntakeRead
from schemas.partition import Place
from tests.kit.values.builders import MOMENT

OFFICES, DIRECTORATE, POST = "pishkhan.intake.offices", "pishkhan.intake.directorate", "pishkhan.intake.post"
FLOOR = MOMENT - timedelta(minutes=10)


def at(seconds: float) -> datetime:
    return MOMENT + timedelta(seconds=seconds)


def asked(
    intake: IntakeRead, now: float, ends: Mapping[str, int], on_the_way: Mapping[str, datetime] | None = None
) -> None:
    intake.ended(ends, at(now), at(now), on_the_way or {})


def test_nothing_is_read_before_the_ends_are_passed() -> None:
    intake = IntakeRead()
    assert intake.may_ask
    asked(intake, 0, {f"{OFFICES}/0": 5, f"{OFFICES}/1": 0, f"{DIRECTORATE}/0": 0})
    intake.passed({f"{OFFICES}/0": 4})
    assert intake.horizon(FLOOR).latest == FLOOR, "one record of the offices is unread"
    assert intake.horizon(FLOOR).unread(None, at(-1)) == OFFICES
    intake.passed({f"{OFFICES}/0": 5})
    assert intake.horizon(FLOOR).latest == at(0)
    assert intake.horizon(FLOOR).unread(None, at(0)) is None
    assert intake.horizon(FLOOR).unread(None, at(1)) is not None


def test_the_older_question_stays_open_so_that_a_topic_that_is_never_quiet_is_read_at_last() -> None:
    intake = IntakeRead()
    for now in range(10):
        asked(intake, now, {f"{OFFICES}/0": 10 * (now + 1)})
        intake.passed({f"{OFFICES}/0": 10 * (now + 1) - 5})
    assert intake.horizon(FLOOR).latest == at(8), "it is always five behind the newest end, and past the one before"


def test_an_unread_agency_holds_its_own_requests_alone() -> None:
    intake = IntakeRead()
    asked(intake, 0, {f"{OFFICES}/0": 3, f"{POST}/0": 7, f"{POST}/1": 0})
    intake.passed({f"{OFFICES}/0": 3, f"{POST}/0": 6})
    horizon = intake.horizon(FLOOR)
    assert horizon.latest == horizon.of("gas") == horizon.of(None) == at(0)
    assert horizon.of("post") == FLOOR
    assert horizon.behind() == {"post": FLOOR}
    assert horizon.unread("post", at(-1)) == POST
    assert horizon.unread("gas", at(-1)) is None
    assert intake.may_ask, "the others' deadlines go on meanwhile"
    asked(intake, 60, {f"{OFFICES}/0": 3, f"{POST}/0": 9})
    intake.passed({f"{OFFICES}/0": 3, f"{POST}/0": 7})
    assert intake.horizon(FLOOR).of("gas") == at(60)
    assert intake.horizon(FLOOR).of("post") == at(0), "what was asked for first"


def test_what_waits_to_be_published_is_not_read() -> None:
    intake = IntakeRead()
    asked(intake, 60, {f"{OFFICES}/0": 3, f"{DIRECTORATE}/0": 0}, {OFFICES: at(20)})
    intake.passed({f"{OFFICES}/0": 3})
    assert intake.horizon(FLOOR).latest == at(20)
    asked(intake, 61, {f"{OFFICES}/0": 4, f"{DIRECTORATE}/0": 0})
    intake.passed({f"{OFFICES}/0": 4})
    assert intake.horizon(FLOOR).latest == at(61)


def test_while_everything_that_was_asked_for_is_unread_nobody_is_asked_again() -> None:
    intake = IntakeRead()
    asked(intake, 0, {f"{OFFICES}/0": 3, f"{DIRECTORATE}/0": 1, f"{POST}/0": 2})
    intake.passed({})
    assert not intake.may_ask


def test_the_ends_are_kept_with_the_databases_time_for_the_comparison_of_clocks() -> None:
    intake = IntakeRead()
    intake.ended({f"{OFFICES}/2": 5}, at(0), at(3600), {})
    assert intake.seen == {Place(OFFICES, 2): (5, at(3600))}


def test_a_deadline_is_held_for_a_stated_time_at_most() -> None:
    horizon = Horizon(NEVER_YET, FLOOR)
    assert horizon.latest == horizon.of("post") == FLOOR
    assert horizon.unread("post", FLOOR) == OFFICES
