"""Partitions that a consumer has halted, as operators see them, and their decision to pass what they were shown.

The use case of everybody who looks after halts, at a terminal, over HTTP or on a page; workers carry decisions out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.partition import Place


@dataclass(frozen=True, slots=True)
class HaltLine:
    """One partition that one consumer has halted; `end` is where it continues when this is passed."""

    consumer: str
    topic: str
    partition: int
    position: int
    end: int
    cause: str
    why: str
    length: int
    sha256: str
    halted_at: datetime
    seen_at: datetime
    decided_by: str | None
    decided_why: str | None
    decided_at: datetime | None
    id: int


class HaltDecisions(Protocol):
    """The partitions that consumers have halted, in one transaction."""

    def standing(self) -> Sequence[HaltLine]:
        """Return what is halted now, by consumer and place."""

    def pass_over(self, shown: Sequence[HaltLine], by: str, why: str) -> Sequence[HaltLine]:
        """Decide that exactly `shown` is passed without being applied; return those that nobody had decided on."""


class NobodyStands(Exception):
    """No consumer has halted there; `others` are halts elsewhere in the same partition."""

    def __init__(self, place: Place, position: int, others: Sequence[HaltLine]) -> None:
        super().__init__(f"{place.topic}/{place.partition} at {position}")
        self.others = tuple(others)


@dataclass(frozen=True, slots=True)
class Passed:
    """What is passed by this decision, and what somebody had passed before."""

    now: Sequence[HaltLine]
    before: Sequence[HaltLine]


def pass_halted(
    halts: HaltDecisions, place: Place, position: int, by: str, why: str, consumer: str | None = None
) -> Passed:
    """Decide to pass what is halted there: for one consumer, or for every one.

    Raises `NobodyStands`; then nothing was decided.
    """
    standing = halts.standing()
    here = [line for line in standing if (line.topic, line.partition) == (place.topic, place.partition)]
    shown = [line for line in here if line.position == position and consumer in (None, line.consumer)]
    if not shown:
        raise NobodyStands(place, position, here)
    now = halts.pass_over(shown, by, why)
    return Passed(now, [line for line in shown if line not in now])
