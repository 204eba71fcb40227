"""Waiting for a condition while everything that is asked may be away."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable

Found = TypeVar("Found")

LOOK_EVERY_SECONDS = 0.05


class TrialFailed(Exception):
    """A trial did not come to its end: something that must happen did not, in the time it may take."""


def until_answered(ask: Callable[[], Found], what: str, seconds: float) -> Found:
    """Return what `ask` returns, once whoever is asked answers at all. Raises `TrialFailed` after `seconds`."""
    return until(lambda: [ask()], what, seconds)[0]


def until(condition: Callable[[], Found], what: str, seconds: float) -> Found:
    """Return the condition's value once it is true; a dependency that does not answer counts as not yet.

    Raises `TrialFailed`, saying what was awaited, after `seconds`.
    """
    deadline = time.monotonic() + seconds
    trouble = ""
    while True:
        try:
            found = condition()
        except (BrokerUnavailable, DatabaseUnavailable, SQLAlchemyError) as error:
            trouble = f" ({type(error).__name__})"
        else:
            if found:
                return found
            trouble = ""
        if time.monotonic() > deadline:
            raise TrialFailed(f"waited {seconds:.0f} s in vain for {what}{trouble}")
        time.sleep(LOOK_EVERY_SECONDS)
