"""What the registry's handler needs from the outside. All stores work in the one open transaction."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consumers.intake import Claim, Screened
from consumers.keeping import DeadLetters, KeptEvents
from consumers.parking import ParkedRow, ParkReason, Room
from consumers.registry.domain.known import EntryKind, Subject
from schemas.log_registry import RegistryEntry
from schemas.message import Message
from schemas.offices import Office


class Claims(Protocol):
    """Identities of events."""

    def screen(self, claims: Sequence[Claim]) -> Screened:
        """Sort `claims` out."""

    def record(self, claims: Sequence[Claim]) -> None:
        """Keep the identities of fresh claims. Raises `Collision` when another worker was first."""


class Versions(Protocol):
    """Every accepted version, under one growing revision."""

    def head(self) -> int:
        """Return the newest revision, without waiting."""

    def lock_head(self) -> int:
        """Lock the revision until the transaction ends and return it."""

    def known(self, subjects: Collection[Subject], kinds: Collection[EntryKind]) -> list[RegistryEntry]:
        """Return all versions of `subjects` and of everything of `kinds`, in revision order."""

    def append(self, entries: Sequence[RegistryEntry]) -> None:
        """Add entries whose revisions follow the locked head, and move the head to the last of them."""


class Limits(Protocol):
    """What each office may carry: its cap and its capacity."""

    def put(self, offices: Sequence[Office]) -> None:
        """Set cap and capacity of `offices`, adding those that are new, in office order."""


class Park(KeptEvents, Protocol):
    """Claims that wait."""

    def room(self, topic: str) -> Room:
        """Return how many more claims of `topic`, and of how many bytes, may wait for what they refer to."""

    def now(self) -> datetime:
        """Return the database's time."""

    def waiting(self, reason: ParkReason, limit: int) -> list[ParkedRow]:
        """Return the oldest events that wait for `reason`, of every topic."""


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Sequence[Message]) -> None:
        """Add `messages` in order."""


@dataclass(frozen=True, slots=True)
class RegistryStores:
    """All stores of one transaction. `attempt` opens a part of it that an exception undoes alone."""

    claims: Claims
    versions: Versions
    limits: Limits
    park: Park
    dead_letters: DeadLetters
    outbox: Outbox
    attempt: Callable[[], AbstractContextManager[None]]
