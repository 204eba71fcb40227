"""Whether the machine kept up with a day: deadlines run on the compressed clock, however slow the machine is.

Pure: figures in, words out.
"""

from collections.abc import Sequence
from math import ceil

#: On a machine that keeps up a request is taken in within minutes of the day; offices have an hour and more to accept.
BEHIND_SECONDS = 1_800
#: One request in so many may be as late as it likes: a start, a pause of the machine.
ONE_IN = 20


def late_seconds(taken_in_after: Sequence[float]) -> float:
    """Return by how much the latest requests but one in `ONE_IN` were late; nothing when there were none."""
    ordered = sorted(taken_in_after)
    return ordered[(len(ordered) - 1) * (ONE_IN - 1) // ONE_IN] if ordered else 0.0


def slow_words(late: float, seconds: float, left_to_a_person: int) -> str:
    """Say that the machine was too slow for a day in so many real seconds, and what to do; nothing when it was not."""
    if late <= BEHIND_SECONDS:
        return ""
    wanted = ceil(seconds * late / BEHIND_SECONDS / 60) * 60
    return (
        f"This machine was too slow for a day in {seconds:.0f} s: one request in {ONE_IN} was taken in {late / 60:.0f} "
        f"minutes of the day late or more. Deadlines did not wait for it: {left_to_a_person:,} requests are left to a "
        f"person, and others are unfinished, that a faster one ends. Play it slower: pishkhan demo --seconds {wanted}"
    )
