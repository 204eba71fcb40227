"""The acceptance deadline counts the chosen office's opening hours, and who opens soon enough to be asked at all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consumers.jalali import STANDARD_TIME
from consumers.requests.domain.routing.route import route
from schemas.intake_agency import Origin
from schemas.log_requests import Exclusion, RefusalReason
from schemas.offices import OpeningHours
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT
from tests.unit.consumers.requests.domain.routing_cases import SEED, loads, refused, request, routed, view_of

#: Closed doors in November 2026: day and hour in Tehran; the 23rd is a Monday.
NIGHT, THURSDAY_AFTERNOON, FRIDAY = (23, 22), (26, 13), (27, 10)
OFFICE = builders.office()
#: What the Nowruz of 1406 closes: from Saturday, 20 March 2027, to Wednesday, 24 March.
NOWRUZ = builders.calendar(holidays=tuple(builders.holiday(date(2027, 3, day)) for day in range(20, 25)))


def tehran(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 by the clock in Tehran."""
    return datetime(2026, 11, day, hour, minute, tzinfo=STANDARD_TIME).astimezone(UTC)


@pytest.mark.parametrize("origin", [Origin.AGENCY, Origin.CITIZEN_CHOICE])
@pytest.mark.parametrize(
    ("at", "accept_by"),
    [
        # Four hours from 09:30; from 15:00 one today and three tomorrow; to the closing minute.
        (tehran(23, 9, 30), tehran(23, 13, 30)),
        (tehran(23, 15), tehran(24, 11)),
        (tehran(23, 12), tehran(23, 16)),
        # Before the doors open, after they closed, over the weekend.
        (tehran(23, 5), tehran(23, 12)),
        (tehran(*NIGHT), tehran(24, 12)),
        (tehran(26, 11), tehran(28, 11)),
        (tehran(*THURSDAY_AFTERNOON), tehran(28, 12)),
        (tehran(*FRIDAY), tehran(28, 12)),
    ],
)
def test_a_request_is_routed_at_any_hour_and_accepted_within_opening_hours(
    origin: Origin, at: datetime, accept_by: datetime
) -> None:
    office = None if origin is Origin.AGENCY else "office-1"
    verdict = routed(route(request(origin, office, moment=at, now=at), view_of(OFFICE), loads(), SEED))
    assert verdict.accept_by == accept_by
    assert verdict.decision.excluded == {}


def test_the_deadline_is_the_chosen_offices_and_nobody_elses() -> None:
    evenings = builders.office("office-2", hours=builders.hours_of_the_week(960, 1200))
    for office, accept_by in (("office-1", tehran(23, 13, 30)), ("office-2", tehran(23, 20))):
        asked = request(Origin.CITIZEN_CHOICE, office)
        assert routed(route(asked, view_of(OFFICE, evenings), loads(), SEED)).accept_by == accept_by


def test_a_deadline_may_cross_more_than_one_day() -> None:
    base = (
        builders.territory(),
        builders.policy(acceptance_seconds=12 * 3600),
        builders.service(),
        builders.agreement(),
    )
    asked = request(moment=tehran(23, 15), now=tehran(23, 15))
    # One hour on Monday, eight on Tuesday, three on Wednesday.
    assert routed(route(asked, view_of(OFFICE, base=base), loads(), SEED)).accept_by == tehran(25, 11)


def test_a_backlog_does_not_eat_the_offices_time() -> None:
    asked = request(moment=tehran(23, 9), now=tehran(23, 15))
    verdict = routed(route(asked, view_of(OFFICE), loads(), SEED))
    assert (verdict.decision.decided_for, verdict.decision.decided_at) == (tehran(23, 9), tehran(23, 15))
    assert verdict.accept_by == tehran(24, 11)


@pytest.mark.parametrize("at", [NIGHT, THURSDAY_AFTERNOON, FRIDAY])
def test_a_walk_in_at_closed_doors_is_refused(at: tuple[int, int]) -> None:
    asked = request(Origin.WALK_IN, "office-1", moment=tehran(*at), now=tehran(*at))
    verdict = refused(route(asked, view_of(OFFICE), loads(), SEED))
    assert (verdict.reason, verdict.excluded) == (RefusalReason.OFFICE_NOT_ELIGIBLE, {Exclusion.HOURS: 1})


@pytest.mark.parametrize(("opens_within_days", "given"), [(8, False), (9, True)])
def test_nowruz_is_waited_for_as_long_as_the_policy_says(opens_within_days: int, given: bool) -> None:
    # From Thursday noon on: the weekend, five holidays, the next weekend, in all eight days and twenty hours.
    noon = datetime(2027, 3, 18, 12, tzinfo=STANDARD_TIME)
    policy = builders.policy(opens_within_seconds=opens_within_days * 86_400)
    without_thursday = builders.office(hours=tuple(span for span in builders.hours_of_the_week() if span.weekday != 3))
    base = (builders.territory(), policy, NOWRUZ, builders.service(), builders.agreement())
    verdict = route(request(moment=noon, now=noon), view_of(without_thursday, base=base), loads(), SEED)
    if given:
        assert routed(verdict).accept_by == datetime(2027, 3, 27, 12, tzinfo=STANDARD_TIME)
    else:
        assert refused(verdict).excluded == {Exclusion.HOURS: 1}


def test_an_office_that_opens_too_late_is_passed_over_for_one_that_opens_in_time() -> None:
    mondays = builders.office("office-2", hours=(OpeningHours(weekday=0, opens_minute=480, closes_minute=960),))
    asked = request(moment=tehran(23, 16), now=tehran(23, 16))
    verdict = routed(route(asked, view_of(OFFICE, mondays), loads(), SEED))
    assert (verdict.decision.office, verdict.decision.excluded) == ("office-1", {Exclusion.HOURS: 1})


def test_hours_too_few_to_accept_in_end_when_the_office_should_have_opened() -> None:
    # Open for the rest of today, then closed for longer than any calendar means.
    closed = tuple(builders.holiday(MOMENT.date() + timedelta(days=day)) for day in range(1, 400))
    base = (builders.territory(), builders.policy(), builders.service(), builders.agreement())
    view = view_of(OFFICE, builders.calendar(holidays=closed), base=base)
    asked = request(moment=tehran(23, 15), now=tehran(23, 15))
    assert routed(route(asked, view, loads(), SEED)).accept_by == tehran(28, 15)
