"""Moments as people read them: Tehran's clocks, Jalali days."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors.words.calendar import both_calendars, explained_moment, local_moment, operators_moment
from connectors.words.language import Language

FA, EN = Language.FA, Language.EN
NEW_YEAR = datetime(2026, 3, 20, 20, 30, tzinfo=UTC)


def test_a_moment_has_the_calendar_of_its_language_and_tehrans_clock() -> None:
    assert local_moment(NEW_YEAR, EN) == "2026-03-21 00:00"
    assert local_moment(NEW_YEAR, FA) == "۱۴۰۵/۰۱/۰۱ ۰۰:۰۰"
    assert local_moment(NEW_YEAR - timedelta(minutes=1), FA) == "۱۴۰۴/۱۲/۲۹ ۲۳:۵۹"


def test_an_explanation_has_the_calendar_of_its_language() -> None:
    assert explained_moment(NEW_YEAR, FA) == "۱۴۰۵/۰۱/۰۱ ساعت ۰۰:۰۰"
    assert explained_moment(NEW_YEAR, EN) == "2026-03-21 00:00"


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-8))])
def test_operators_read_what_the_logs_have(zone: timezone) -> None:
    assert operators_moment(NEW_YEAR.astimezone(zone), EN) == "2026-03-20 20:30:00"
    assert operators_moment(NEW_YEAR.astimezone(zone), FA) == local_moment(NEW_YEAR, FA)


def test_a_version_is_dated_by_both_calendars() -> None:
    assert both_calendars(NEW_YEAR) == "1405/01/01 (2026-03-21 00:00)"


def test_people_are_told_what_their_clocks_showed() -> None:
    """Until 2022 Iran had summer time, by which nothing is reckoned: `consumers.jalali`."""
    assert both_calendars(datetime(2021, 7, 1, 12, tzinfo=UTC)) == "1400/04/10 (2021-07-01 16:30)"
