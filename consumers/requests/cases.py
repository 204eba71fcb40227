"""One request during one batch: its locked state, and the claims that wait for it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.intake import Claim
from consumers.parking import NEVER, ParkedEvent, ParkedRow, ParkReason
from consumers.requests.domain.life.state import RequestState, unknown
from schemas.base import Event
from schemas.decode import encode
from schemas.identity import derived_id
from schemas.log_requests import WindowMarked


@dataclass(slots=True)
class Waiting:
    """A claim that waits: `row` is how it was parked before, none while it is new in this batch.

    `changed` says that `event` is new, `gone` that it waits no longer, `skipped` that it never will be applied.
    """

    event: ParkedEvent
    row: ParkedRow | None = None
    claim: Claim | None = None
    gone: bool = False
    skipped: bool = False
    changed: bool = False

    @property
    def failed(self) -> bool:
        """Whether the code failed on it, and nobody has taken it up again."""
        return self.event.reason is ParkReason.FAILED and not self.gone

    @property
    def to_try(self) -> bool:
        """Whether it is to be tried now: it has rested, or an operator says so."""
        return self.row is not None and self.row.to_try and not self.changed

    @property
    def to_skip(self) -> bool:
        """Whether an operator has given it up."""
        return self.row is not None and self.row.to_skip and not self.changed

    def change(self, event: ParkedEvent) -> None:
        """Let it wait on as `event` says."""
        self.event = event
        self.changed = True

    def fail(self, detail: str) -> None:
        """Let it rest: the code has failed on it."""
        tries = self.event.tries + 1
        self.change(replace(self.event, reason=ParkReason.FAILED, detail=detail, expires_at=NEVER, tries=tries))


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
        """Whether the code failed on a claim, so that later ones must wait behind it."""
        return any(waiting.failed for waiting in self.waiting)

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
    return Waiting(row.event, row)


class Decided(NamedTuple):
    """One log event as decided, before the load revision is known. `sequence` is none for markers.

    The body is encoded where it was decided: in a batch of thousands it is far from any cache later on.
    """

    event_type: str
    body: bytes
    event_id: str
    key: str
    time: datetime
    sequence: int | None
    partition: int | None


def decided(
    event: Event, event_id: str, key: str, time: datetime, sequence: int | None, partition: int | None = None
) -> Decided:
    """Return `event` as decided."""
    return Decided(event.type_name(), encode(event), event_id, key, time, sequence, partition)


def act_decided(claim: Claim, number: int, event: Event, moment: datetime) -> Decided:
    """Return what was decided of an act that is about no request, as the `number`-th of it."""
    event_id = derived_id(claim.envelope.source, claim.envelope.id, number)
    if isinstance(event, WindowMarked):
        return decided(event, event_id, f"window-{event.window}", moment, None, event.partition)
    return decided(event, event_id, event_id, moment, 1)
