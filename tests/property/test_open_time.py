"""Opening hours over random weeks: open time counted minute by minute agrees with what is computed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consumers.requests.domain.registry.calendar import DAY_MINUTES, Schedule, local_minute
from schemas.offices import OpeningHours

START = datetime(2026, 11, 23, tzinfo=UTC)
FIRST_DAY = local_minute(START) // DAY_MINUTES


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Return up to six spans of a week that do not overlap, less some of the days to come."""
    hours = []
    for weekday in draw(st.lists(st.integers(0, 6), unique=True, min_size=1, max_size=3)):
        cuts = sorted(draw(st.lists(st.integers(0, DAY_MINUTES), unique=True, min_size=2, max_size=4)))
        for opens, closes in zip(cuts[::2], cuts[1::2], strict=False):
            hours.append(OpeningHours(weekday=weekday, opens_minute=opens, closes_minute=closes))
    closed = draw(st.sets(st.integers(FIRST_DAY, FIRST_DAY + 14), max_size=6))
    return Schedule(Schedule.of(hours).spans, frozenset(closed))


def are_open(schedule: Schedule, first: int, last: int) -> Iterator[bool]:
    """Say of each local minute from `first` to before `last` whether it lies in opening hours, by Python's calendar."""
    for day in range(first // DAY_MINUTES, (last - 1) // DAY_MINUTES + 1):
        weekday = (START.weekday() + day - FIRST_DAY) % 7
        spans = [(opens, closes) for one, opens, closes in schedule.spans if one == weekday]
        if day in schedule.closed_days:
            spans = []
        for minute in range(max(first, day * DAY_MINUTES), min(last, (day + 1) * DAY_MINUTES)):
            within = minute - day * DAY_MINUTES
            yield any(opens <= within < closes for opens, closes in spans)


MINUTES = st.integers(0, 10 * DAY_MINUTES)


@given(schedules(), MINUTES, st.integers(1, 3000))
def test_between_start_and_deadline_lies_exactly_the_working_time(schedule: Schedule, after: int, minutes: int) -> None:
    start = START + timedelta(minutes=after)
    end = schedule.after_working(start, minutes * 60)
    first, last = local_minute(start), local_minute(end)
    minute_by_minute = list(are_open(schedule, first, last))
    assert sum(minute_by_minute) == minutes
    # The deadline is the end of an open minute, so that it is no later than it must be.
    assert minute_by_minute[-1]


@given(schedules(), MINUTES, st.integers(1, 14 * DAY_MINUTES))
def test_an_office_opens_within_a_window_if_one_of_its_minutes_is_open(
    schedule: Schedule, after: int, window_minutes: int
) -> None:
    minute = local_minute(START) + after
    opens = any(are_open(schedule, minute, minute + window_minutes))
    assert schedule.opens_within(minute, window_minutes) is opens


@given(schedules(), MINUTES, st.integers(1, 100_000), st.integers(0, 3600))
def test_whoever_is_asked_later_may_answer_later(schedule: Schedule, after: int, seconds: int, later: int) -> None:
    start = START + timedelta(minutes=after)
    assert schedule.after_working(start, seconds) <= schedule.after_working(start + timedelta(seconds=later), seconds)
