"""One request during one batch: its locked state, and the claims that wait for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.intake import Claim
from consumers.parking import OperatorAction, ParkedEvent, ParkedRow, ParkReason
from consumers.requests.domain.state import RequestState, unknown
from schemas.base import Event


@dataclass(slots=True)
class Waiting:
    """A claim that waits; `row_id` is none while it is new in this batch, `gone` once it waits no longer."""

    event: ParkedEvent
    row_id: int | None
    action: OperatorAction | None = None
    claim: Claim | None = None
    gone: bool = False
    changed: bool = False


@dataclass(slots=True)
class Case:
    """A request as the batch moves it on. `stored` says whether it has a row, `changed` whether to write it."""

    key: str
    state: RequestState
    stored: bool = False
    changed: bool = False
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def blocked(self) -> bool:
        """Whether a failed claim waits for an operator, so that later ones must wait behind it."""
        return any(waiting.event.reason is ParkReason.FAILED and not waiting.gone for waiting in self.waiting)

    @property
    def waiting_now(self) -> int:
        """How many claims wait."""
        return sum(not waiting.gone for waiting in self.waiting)


def new_case(request_id: UUID) -> Case:
    """Return the case of a request that has no row yet."""
    return Case(str(request_id), unknown(request_id))


def known_case(state: RequestState) -> Case:
    """Return the case of a locked row."""
    return Case(str(state.request_id), state, stored=True)


def waiting_of(row: ParkedRow) -> Waiting:
    """Return a claim that an earlier batch parked."""
    return Waiting(row.event, row.id, row.action)


class Decided(NamedTuple):
    """One log event as decided, before the load revision is known. `sequence` is none for markers."""

    event: Event
    event_id: str
    key: str
    time: datetime
    sequence: int | None
    partition: int | None
