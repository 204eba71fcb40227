"""Events of the outbox that no broker takes, as operators see them, and what operators decide on them.

The use case of everybody who looks after the outbox, at a terminal, over HTTP or on a page; the relay carries decisions
out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class OutboxAction(StrEnum):
    """What a person may decide on a row that was set aside."""

    RETRY = "retry"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class AsideLine:
    """One row that was set aside, as people see it, and what was decided; its body stays in the database."""

    id: int
    topic: str
    key: str
    source: str
    event_id: str
    type: str
    sequence: int | None
    bytes: int
    cause: str
    set_aside_at: datetime
    action: str | None
    decided_by: str | None
    why: str | None
    decided_at: datetime | None


class AsideDecisions(Protocol):
    """The rows that were set aside, in one transaction."""

    def lines(self, *, decided: bool = False) -> Sequence[AsideLine]:
        """Return the rows that wait for a person, or those that were decided on, the oldest first."""

    def behind(self) -> Mapping[int, int]:
        """Return how many later events of its key wait behind each row that waits for a person."""

    def decide(self, ids: Collection[int], action: OutboxAction, by: str, why: str) -> Sequence[int]:
        """Record a decision, who made it and why; return the ids that it was recorded on, in order.

        Left out are rows that wait no longer, and numbered events that somebody wants to give up.
        """


class WaitingRow(NamedTuple):
    """One row that was set aside, and how many later events of its key wait behind it."""

    line: AsideLine
    behind: int


class AsideDecided(NamedTuple):
    """The ids on which a decision was recorded, and those on which it was not."""

    found: Sequence[int]
    missing: Sequence[int]


def set_aside_rows(aside: AsideDecisions, *, decided: bool = False) -> list[WaitingRow]:
    """Return the rows that wait for a person, or those that were decided on, the oldest first."""
    behind = aside.behind()
    return [WaitingRow(line, behind.get(line.id, 0)) for line in aside.lines(decided=decided)]


def decide(aside: AsideDecisions, ids: Collection[int], action: OutboxAction, by: str, why: str) -> AsideDecided:
    """Record the decision of `by` on the rows `ids`."""
    found = aside.decide(ids, action, by, why)
    return AsideDecided(found, sorted(set(ids) - set(found)))
