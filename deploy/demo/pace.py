"""Whether the machine kept up with a day: deadlines run on the compressed clock, however slow the machine is.

Pure: figures in, words out.
"""

from collections.abc import Sequence
from math import ceil

from connectors.words.language import Phrase

#: On a machine that keeps up a request is taken in within minutes of the day; offices have an hour and more to accept.
BEHIND_SECONDS = 1_800
#: One request in so many may be as late as it likes: a start, a pause of the machine.
ONE_IN = 20
_TOO_SLOW = Phrase(
    "این رایانه برای روزی در {seconds} ثانیه کند بود: از هر {one_in} درخواست یکی {minutes} دقیقه آن روز یا بیشتر دیر "
    "پذیرفته شد. مهلت‌ها درنگ نکرد: {left} درخواست به کارشناس واگذار شد، و برخی دیگر که رایانه‌ای تندتر به پایان می‌برد "
    "ناتمام ماند. آهسته‌تر اجرا کنید: pishkhan demo --seconds {wanted}",
    "This machine was too slow for a day in {seconds} s: one request in {one_in} was taken in {minutes} minutes of the "
    "day late or more. Deadlines did not wait for it: {left} requests are left to a person, and others are unfinished, "
    "that a faster one ends. Play it slower: pishkhan demo --seconds {wanted}",
)


def late_seconds(taken_in_after: Sequence[float]) -> float:
    """Return by how much the latest requests but one in `ONE_IN` were late; nothing when there were none."""
    ordered = sorted(taken_in_after)
    return ordered[(len(ordered) - 1) * (ONE_IN - 1) // ONE_IN] if ordered else 0.0


def slow_words(late: float, seconds: float, left_to_a_person: int) -> Phrase | None:
    """Say that the machine was too slow for a day in so many real seconds, and what to do; nothing when it was not."""
    if late <= BEHIND_SECONDS:
        return None
    wanted = ceil(seconds * late / BEHIND_SECONDS / 60) * 60
    return _TOO_SLOW.filled(
        seconds=f"{seconds:.0f}",
        one_in=ONE_IN,
        minutes=f"{late / 60:.0f}",
        left=left_to_a_person,
        wanted=str(wanted),
    )
