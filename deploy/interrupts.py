"""Ctrl-C and its like: where they may come, and that none is lost.

A signal becomes an exception in the main thread, wherever that is. In a call of a library that calls back (librdkafka's
`poll` and `flush`), or in a finalizer, such an exception turns into another one or is dropped. So whatever calls such a
library works in a thread of its own, which no signal reaches; and every wait of the main thread asks again whether a
signal has come.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

LOOK_EVERY_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: The first signal that came in the open `interrupted_by_signals`.
_came: list[int] = []
#: Filled while signals are only noted.
_held: list[bool] = []


class Terminated(KeyboardInterrupt):
    """Ended from outside, by SIGTERM or SIGHUP, and not by a person's Ctrl-C."""


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, by KeyboardInterrupt; handlers are put back afterwards."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _came.clear()
    for number in before:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """While stopping: it ends by itself, within the children's grace; a second Ctrl-C would only leave work undone."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt when a signal came whose own exception was lost on the way."""
    if _came:
        _raise(_came[0])


def aside(work: Callable[[], Result], stop: Event) -> Result:
    """Do `work` in a thread of its own, and return or raise what it does; called from the main thread.

    At a signal `stop` is set, the work is waited for, and KeyboardInterrupt is raised.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as failure:
            failures.append(failure)

    thread = Thread(target=run, name="aside", daemon=True)
    # From here to the end of the work a signal is noted and raises nothing: not between two of these lines either.
    _held.append(True)
    thread.start()
    while thread.is_alive():
        if _came:
            # What is left is to end in order: a second Ctrl-C would only leave it undone.
            ignore_signals()
            stop.set()
        thread.join(LOOK_EVERY_SECONDS)
    _held.clear()
    raise_if_interrupted()
    if failures:
        raise failures[0]
    return results[0]


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _came.append(number)
    if not _held:
        _raise(number)


def _raise(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated
