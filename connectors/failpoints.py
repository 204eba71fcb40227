"""Places where a trial of faults may kill or freeze this very process: nothing happens unless one of them is armed.

Each place is passed a few times per batch, never per event, and a process without an armed failpoint pays one look at a
variable there.
"""

import os
import signal
from dataclasses import dataclass
from enum import StrEnum


class Failpoint(StrEnum):
    """A place between two steps whose order matters."""

    #: A batch was decided on nothing yet: its transaction has not begun.
    BEFORE_COMPARE_AND_SET = "before_compare_and_set"
    #: The positions are moved and locked, and nothing else is written.
    AFTER_COMPARE_AND_SET = "after_compare_and_set"
    #: The server takes rows and waits for the rest of them; no time-out of a session ends that.
    INSIDE_COPY = "inside_copy"
    #: Everything is written.
    BEFORE_COMMIT = "before_commit"
    #: The database has everything, and the worker has not noted that it has.
    AFTER_COMMIT = "after_commit"
    #: The relay has handed a batch to the broker's client, and has no acknowledgement.
    RELAY_SENT = "relay_sent"
    #: The broker has acknowledged the batch, and nothing says so in the outbox.
    RELAY_ACKNOWLEDGED = "relay_acknowledged"
    #: The outbox says so, too.
    RELAY_MARKED = "relay_marked"


class FailpointAct(StrEnum):
    """What happens there."""

    KILL = "kill"
    STOP = "stop"


_SIGNALS = {FailpointAct.KILL: signal.SIGKILL, FailpointAct.STOP: signal.SIGSTOP}


@dataclass(slots=True)
class Armed:
    """One armed failpoint; it acts once, at the pass that brings `passes_left` to zero."""

    point: Failpoint
    act: FailpointAct
    passes_left: int

    @classmethod
    def read(cls, text: str) -> "Armed":
        """Return what `text` arms: `point:act:passes`, such as `before_commit:kill:3`. Raises `ValueError`."""
        point, act, passes = text.split(":")
        armed = cls(Failpoint(point), FailpointAct(act), int(passes))
        if armed.passes_left < 1:
            raise ValueError(f"{passes} passes: the first pass is number 1")
        return armed

    def __str__(self) -> str:
        """Return the text that arms it."""
        return f"{self.point}:{self.act}:{self.passes_left}"

    def passed(self, point: Failpoint) -> None:
        """Count a pass of `point`, and act when it is the one."""
        if point is self.point:
            self.passes_left -= 1
            if self.passes_left == 0:
                os.kill(os.getpid(), _SIGNALS[self.act])


_armed: Armed | None = None


def arm(armed: Armed | None) -> None:
    """Arm one failpoint of this process, or none. Called once, before the worker is built."""
    global _armed
    _armed = armed


def failpoint(point: Failpoint) -> None:
    """Pass `point`."""
    if _armed is not None:
        _armed.passed(point)
