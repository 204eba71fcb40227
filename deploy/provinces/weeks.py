"""Weeks as people write them, `saturday: 08:00-14:00`, as opening hours."""

import re
from itertools import pairwise
from typing import Any

from connectors.files.yaml_text import Document
from connectors.words.language import Phrase
from connectors.words.letters import unified_digits
from deploy.provinces.files import Folder

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2}):(\d\d) ?[-–—] ?(\d{1,2}):(\d\d)", re.ASCII)
DAY_MINUTES = 24 * 60

_NO_OPENING = Phrase("ساعت کار نیست", "is no opening")
_WRITE_ONE = Phrase(
    "برای نمونه بنویسید saturday: 08:00-14:00 و برای چند نوبت saturday: [08:00-12:00, 16:00-20:00]",
    "write for example `saturday: 08:00-14:00`, or `saturday: [08:00-12:00, 16:00-20:00]` for several",
)
_REVERSED = Phrase("پیش از آن که باز شود بسته می‌شود", "closes before it opens")
_OVERLAP = Phrase("نوبت‌هایش روی هم افتاده‌اند", "has spans that overlap")
_APART = Phrase("نوبت‌ها را جدا از هم بنویسید", "write spans that lie apart")


def opening_hours(folder: Folder, document: Document, path: tuple[str | int, ...], week: Any) -> list[dict[str, int]]:
    """Return a week as opening hours; problems are left in `folder`.

    A day has one span or a list of several. No span goes past midnight: a night is the end of one day and the
    beginning of the next, each of which may be a holiday.
    """
    hours: list[dict[str, int]] = []
    for day, written in (week if isinstance(week, dict) else {"open": week}).items():
        line = document.line(*path, day)
        parts = written if isinstance(written, list) else str(written).split(",")
        spans = [_span(str(part)) for part in parts]
        read = sorted(span for span in spans if span is not None)
        if day not in WEEKDAYS or not read or len(read) < len(spans):
            folder.complain(document.file, line, str(day), _NO_OPENING, _WRITE_ONE)
            continue
        reversed_ = [(opens, closes) for opens, closes in read if closes <= opens]
        if reversed_:
            folder.complain(document.file, line, str(day), _REVERSED, _as_two(day, *reversed_[0]))
        elif any(following[0] < before[1] for before, following in pairwise(read)):
            folder.complain(document.file, line, str(day), _OVERLAP, _APART)
        else:
            hours += [
                {"weekday": WEEKDAYS.index(day), "opens_minute": opens, "closes_minute": closes}
                for opens, closes in read
            ]
    return hours


def _span(text: str) -> tuple[int, int] | None:
    found = _SPAN.fullmatch(unified_digits(text))
    if found is None:
        return None
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, found.groups())
    opens, closes = opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute
    fits = opens < DAY_MINUTES and closes <= DAY_MINUTES and max(opens_minute, closes_minute) < 60
    return (opens, closes) if fits else None


def _as_two(day: str, opens: int, closes: int) -> Phrase:
    """Say how a night is written; a slip is seen by whoever reads that."""
    following = WEEKDAYS[(WEEKDAYS.index(day) + 1) % 7]
    night = f"{day}: {_clock(opens)}-24:00", f"{following}: 00:00-{_clock(closes)}"
    return Phrase(
        f"ساعت‌ها را درست کنید؛ شب را دو نوبت بنویسید: {night[0]} و {night[1]}",
        f"correct the times; write a night as two spans: `{night[0]}` and `{night[1]}`",
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
