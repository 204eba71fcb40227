"""Do many things in one transaction, and one at a time what fails: one bad thing delays none of the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from consumers.runner.errors import BrokerUnavailable, Collision, Contention, DatabaseUnavailable

Subject = TypeVar("Subject")
Result = TypeVar("Result")

#: Opens a part of the open transaction that an exception undoes alone; errors leave it with the runner's meanings.
Attempt = Callable[[], AbstractContextManager[None]]


class _OnlyTried(Exception):
    """Undoes what has succeeded."""


def do_divided(
    subjects: Sequence[Subject],
    attempt: Attempt,
    act: Callable[[Sequence[Subject]], Result],
    set_aside: Callable[[Subject, Exception], None],
) -> Result | None:
    """Do `act` with all of `subjects`; when it fails, set aside those on which it fails alone, and do it without them.

    They are found by trying halves, and halves of those, and each try is undone: what is left in the end is done in
    one go, so that a transaction takes its locks in the order of one `act`.

    Returns what `act` returns, none when there was nothing to do. A broken dependency and a row that somebody else has
    locked are no subject's fault: `DatabaseUnavailable`, `BrokerUnavailable` and `Contention` are raised, except for
    `Collision`. So is what fails with several subjects and with none of them alone.
    """
    if not subjects:
        return None
    try:
        with attempt():
            return act(subjects)
    except Exception as error:
        if _is_nobodys_fault(error):
            raise
    bad = list(_at_fault(range(len(subjects)), subjects, attempt, act))
    for place, why in bad:
        set_aside(subjects[place], why)
    places = {place for place, _ in bad}
    good = [subject for place, subject in enumerate(subjects) if place not in places]
    if not good:
        return None
    with attempt():
        return act(good)


def _at_fault(
    places: Sequence[int], subjects: Sequence[Subject], attempt: Attempt, act: Callable[[Sequence[Subject]], object]
) -> Iterator[tuple[int, Exception]]:
    """Yield the places of those of `subjects` on which `act` fails alone, with what it fails with."""
    try:
        with attempt():
            act([subjects[place] for place in places])
            raise _OnlyTried
    except _OnlyTried:
        return
    except Exception as error:
        if _is_nobodys_fault(error):
            raise
        if len(places) == 1:
            yield places[0], error
            return
    middle = len(places) // 2
    yield from _at_fault(places[:middle], subjects, attempt, act)
    yield from _at_fault(places[middle:], subjects, attempt, act)


def _is_nobodys_fault(error: Exception) -> bool:
    broken = isinstance(error, DatabaseUnavailable | BrokerUnavailable)
    return broken or (isinstance(error, Contention) and not isinstance(error, Collision))
