"""Doing many things in one go, and by itself what fails: one bad thing holds none of the others up."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from consumers.runner.ports import BrokerUnavailable, Collision, Contention, DatabaseUnavailable

Subject = TypeVar("Subject")

#: Opens a part of the open transaction that an exception undoes alone; errors leave it with the runner's meanings.
Attempt = Callable[[], AbstractContextManager[None]]


def do_divided(
    subjects: Sequence[Subject],
    attempt: Attempt,
    act: Callable[[Sequence[Subject]], int],
    set_aside: Callable[[Subject, Exception], None],
) -> int:
    """Do `act` with all of `subjects`; when it fails, with halves, until the one at fault stands alone: set it aside.

    Returns the sum of what the acts return. A broken dependency and a row that somebody else has locked are no
    subject's fault: `DatabaseUnavailable`, `BrokerUnavailable` and `Contention` are raised, except for `Collision`.
    """
    if not subjects:
        return 0
    try:
        with attempt():
            return act(subjects)
    except (DatabaseUnavailable, BrokerUnavailable):
        raise
    except Exception as error:
        if isinstance(error, Contention) and not isinstance(error, Collision):
            raise
        if len(subjects) == 1:
            set_aside(subjects[0], error)
            return 0
    middle = len(subjects) // 2
    return sum(do_divided(part, attempt, act, set_aside) for part in (subjects[:middle], subjects[middle:]))
