"""Events that wait, as operators see them, and what operators decide on them; workers carry decisions out.

The use case of everybody who looks after the park, at a terminal, over HTTP or on a page.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consumers.parking import OperatorAction, ParkReason


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """One parked event as people see it; its body stays in the database.

    `next_try_at` is none when the event is not tried by itself any more, or never failed.
    """

    id: int
    consumer: str
    key: str
    reason: str
    detail: str
    topic: str
    partition: int
    position: int
    appended_at: datetime
    parked_at: datetime
    expires_at: datetime
    tries: int
    next_try_at: datetime | None
    operator_action: str | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision on one event; it has no outcome until a worker has carried it out or another replaces it."""

    parked_id: int
    consumer: str
    key: str
    source: str | None
    event_id: str | None
    type: str | None
    topic: str
    partition: int
    position: int
    reason: str
    detail: str
    tries: int
    action: str
    decided_by: str
    why: str
    decided_at: datetime
    outcome: str | None
    ended_at: datetime | None


class ParkDecisions(Protocol):
    """Every consumer's park in one transaction, as operators see it. Any call may raise `Contention`."""

    def oldest(self, limit: int, consumer: str | None = None, reason: ParkReason | None = None) -> Sequence[ParkedLine]:
        """Return the `limit` events that have waited longest."""

    def count(self, consumer: str | None = None, reason: ParkReason | None = None) -> int:
        """Return how many events wait."""

    def find(self, parked_id: int) -> ParkedLine | None:
        """Return one parked event, or none when it is not parked any more."""

    def headers(self, parked_id: int) -> Mapping[str, str]:
        """Return the headers of one parked event as text, by name; nothing when it is not parked any more."""

    def decisions(self, parked_id: int) -> Sequence[DecisionLine]:
        """Return every decision on one event, the oldest first; they outlive the event."""

    def replaced(self, ids: Collection[int]) -> Sequence[DecisionLine]:
        """Return the earlier decisions that this transaction's own on `ids` have replaced, one of each event."""

    def decide(self, ids: Collection[int], action: OperatorAction, by: str, why: str) -> Sequence[int]:
        """Record a decision on those of `ids` that are parked; an earlier one that is open is replaced.

        Returns the ids that were found, in order.
        """

    def decide_on_failed(self, consumer: str | None, action: OperatorAction, by: str, why: str) -> Sequence[int]:
        """Record a decision on every event that failed, of one consumer or of all. Returns their ids, in order."""


@dataclass(frozen=True, slots=True)
class ParkedPage:
    """The events that have waited longest, and how many there are in all."""

    lines: Sequence[ParkedLine]
    count: int


@dataclass(frozen=True, slots=True)
class ParkedDetails:
    """One event: itself and its headers while it is parked, and every decision on it, the oldest first."""

    line: ParkedLine | None
    headers: Mapping[str, str]
    decisions: Sequence[DecisionLine]


class ChoiceInvalid(ValueError):
    """What an operator has chosen is not clear; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which events an operator means: these ids, or all that failed, of one consumer or of all.

    Raises `ChoiceInvalid` for both, for neither, and for ids with a consumer: an id is of one consumer anyway.
    """

    ids: Sequence[int]
    failed: bool = False
    consumer: str | None = None

    def __post_init__(self) -> None:
        if bool(self.ids) == self.failed:
            raise ChoiceInvalid("either ids or all that failed")
        if self.consumer is not None and not self.failed:
            raise ChoiceInvalid("a consumer belongs to all that failed; ids are of one consumer each")


@dataclass(frozen=True, slots=True)
class Decided:
    """The ids on which a decision was recorded, the decisions that it replaces, and the ids that are not parked."""

    found: Sequence[int]
    replaced: Sequence[DecisionLine]
    missing: Sequence[int]


def parked_page(
    park: ParkDecisions, limit: int, consumer: str | None = None, reason: ParkReason | None = None
) -> ParkedPage:
    """Return what waits, of one consumer and for one reason or of all."""
    return ParkedPage(park.oldest(limit, consumer, reason), park.count(consumer, reason))


def parked_details(park: ParkDecisions, parked_id: int) -> ParkedDetails | None:
    """Return what is known of one event; none when none of that id is parked and nobody has decided on one."""
    line, decisions = park.find(parked_id), park.decisions(parked_id)
    if line is None and not decisions:
        return None
    return ParkedDetails(line, park.headers(parked_id), decisions)


def decide(park: ParkDecisions, chosen: Chosen, action: OperatorAction, by: str, why: str) -> Decided:
    """Record the decision of `by` on what is chosen; it is one transaction's."""
    if chosen.failed:
        found = park.decide_on_failed(chosen.consumer, action, by, why)
    else:
        found = park.decide(chosen.ids, action, by, why)
    return Decided(found, park.replaced(found), sorted(set(chosen.ids) - set(found)))
