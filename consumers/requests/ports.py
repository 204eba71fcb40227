"""What the requests' handler needs from the outside. All stores work in the one open transaction."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consumers.intake import Claim, Screened
from consumers.keeping import DeadLetters, KeptEvents
from consumers.parking import ParkedRow, ParkReason, Room
from consumers.requests.domain.acts import ActKey
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.loads.loads import Load, PositionChange
from consumers.requests.horizon import Horizon
from schemas.log_registry import RegistryEntry
from schemas.message import Message


class Claims(Protocol):
    """Identities of events."""

    def screen(self, claims: Sequence[Claim]) -> Screened:
        """Sort `claims` out."""

    def record(self, claims: Sequence[Claim]) -> None:
        """Keep the identities of fresh claims. Raises `Collision` when another worker was first."""


class Requests(Protocol):
    """The one truth per request."""

    def lock(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        """Lock the known ones of `request_ids`, in id order, and return their states."""

    def lock_free(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        """Lock those that nobody else has locked; never waits."""

    def first_due(self) -> datetime | None:
        """Return when the first timer of a request falls due, or the first wait of a claim ends."""

    def lock_due(self, horizon: Horizon, limit: int) -> Mapping[UUID, RequestState]:
        """Lock up to `limit` requests whose timer may fire by now and that nobody else has locked; never waits."""

    def read_to(self) -> Mapping[str, int]:
        """Return how far the requests' workers have read each intake partition, keyed `<topic>/<partition>`."""

    def insert(self, states: Sequence[RequestState], now: datetime) -> None:
        """Add new requests. Raises `Collision` when another worker was first with one of them."""

    def update(self, states: Sequence[RequestState], now: datetime) -> None:
        """Write locked requests."""

    def rest(self, request_id: UUID, until: datetime) -> None:
        """Let the timer of a locked request rest until then, unless it is due later or the request is written."""


class OfficePosition(Protocol):
    """One office's load and cap."""

    @property
    def load(self) -> Load:
        """What it carries."""

    @property
    def cap_rial(self) -> int:
        """The most that it may have reserved."""


class OfficePositions(Protocol):
    """What offices carry, and the clock that orders all changes of it."""

    def read(self) -> tuple[int, Mapping[str, OfficePosition]]:
        """Return the load revision and every office's position at it."""

    def change(self, changes: Collection[PositionChange], caps_rial: Mapping[str, int]) -> int:
        """Lock the clock, add `changes` to the offices, in office order, and return the new load revision.

        What was read before the lock may be old by now: when an office would have more reserved than its cap of now, or
        than the one in `caps_rial`, which has every office that something is reserved for, or has late cash since, this
        raises `Contention`. The late cash among `changes` is beyond any cap.
        Requests earn nothing: the changes have no income.
        """


class Registry(Protocol):
    """Accepted versions, by revision, and how far the registry has read."""

    def head_and_time(self) -> tuple[int, datetime]:
        """Return the newest revision, and the database's time."""

    def since(self, revision: int) -> Sequence[RegistryEntry]:
        """Return the entries after `revision`, in order."""

    def positions(self) -> Mapping[str, int]:
        """Return how far the registry has read each intake partition, keyed `<topic>/<partition>`."""


class Acts(Protocol):
    """Acts that may happen once."""

    def known(self, keys: Collection[ActKey]) -> Mapping[ActKey, str]:
        """Return the content of those of `keys` that happened."""

    def record(self, acts: Mapping[ActKey, str]) -> None:
        """Keep acts. Raises `Collision` when another worker was first with one of them."""


class Park(KeptEvents, Protocol):
    """Claims that wait."""

    def room(self, topic: str) -> Room:
        """Return how many more claims of `topic`, of how many bytes, may wait for a predecessor or the registry."""

    def lock_free(self, keys: Collection[str]) -> list[ParkedRow]:
        """Lock those events of `keys` that nobody else has locked, and return them, oldest first."""

    def waiting(self, reason: ParkReason, limit: int) -> list[ParkedRow]:
        """Return the oldest events that wait for `reason`, of every topic."""


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Iterable[Message]) -> None:
        """Add `messages` in order."""

    def on_the_way(self) -> Mapping[str, datetime]:
        """Return since when, real time, the oldest claim waits to be published to each intake topic."""


class IntakeEnds(Protocol):
    """Where intake ends at this moment; asks the broker, and may raise `BrokerUnavailable`."""

    def ends_now(self, agency: str | None) -> Mapping[str, int]:
        """Return the ends of the topics of `agency` (none: of every agency) and of the directorate."""

    def all_ends_now(self) -> Mapping[str, int]:
        """Return the ends of all intake topics."""


@dataclass(frozen=True, slots=True)
class RequestStores:
    """All stores of one transaction.

    `attempt` opens a part of it that an exception undoes alone; errors leave it with the runner's meanings.
    """

    claims: Claims
    requests: Requests
    positions: OfficePositions
    registry: Registry
    acts: Acts
    park: Park
    dead_letters: DeadLetters
    outbox: Outbox
    attempt: Callable[[], AbstractContextManager[None]]
