"""Moments and days as text: RFC 3339, and nothing looser, in bodies and in envelopes alike."""

import re
from datetime import UTC, date, datetime

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: Outside these years a moment is a mistake, and some of them overflow when they are turned into UTC.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> datetime:
    """Return the moment in `text`, in UTC. Raises `ValueError` with the remedy, never with the text."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("must be an RFC 3339 time with a zone, such as 2026-11-25T08:30:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("is not a moment of the calendar and the clock") from None
    return bounded_instant(moment)


def bounded_instant(moment: datetime) -> datetime:
    """Return an aware `moment` in UTC. Raises `ValueError` when it lies outside the years 1900 to 2199."""
    if not EARLIEST <= moment < LATEST:
        raise ValueError("must lie in the years 1900 to 2199")
    return moment.astimezone(UTC)


def parse_day(text: str) -> date:
    """Return the Gregorian day in `text`. Raises `ValueError` with the remedy, never with the text."""
    if not _DAY.fullmatch(text):
        raise ValueError("must be a day such as 2026-11-25")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
