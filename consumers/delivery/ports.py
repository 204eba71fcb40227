"""What delivery needs inside one open transaction. Every call may raise `Contention` or `DatabaseUnavailable`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from consumers.delivery.domain.whom import Known
from consumers.delivery.entries import Entry
from consumers.keeping import KeptEvents
from schemas.message import Message


class Progress(NamedTuple):
    """How far delivery is in one subject (a request, or an act): the last sequence taken, and what is known of it."""

    sequence: int = 0
    known: Known = Known()


class Subjects(Protocol):
    """How far delivery is."""

    def progress(self, subjects: Collection[str]) -> Mapping[str, Progress]:
        """Lock what is known of `subjects`, in their order, and return it; a subject never seen is left out."""

    def keep(self, added: Mapping[str, Progress], changed: Mapping[str, Progress]) -> None:
        """Keep subjects never seen before (`Collision` if they were), and known ones."""

    def seen(self, event_ids: Collection[str]) -> Collection[str]:
        """Return those of `event_ids`, of events that have no place in an order, that were told before."""

    def note(self, event_ids: Sequence[str]) -> None:
        """Keep that they are told now. Raises `Collision` when another worker was first with one of them."""


class Feeds(Protocol):
    """The feeds, written."""

    def draw(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Lock the heads of these feeds, in name order, draw so many numbers each, and return the first of each."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries, and let whoever waits for their feeds know at the commit."""

    def with_topics(self, agencies: Collection[str]) -> Collection[str]:
        """Return those of `agencies` that have a feed on the broker, too."""


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Iterable[Message]) -> None:
        """Add messages in their order."""


class Park(KeptEvents, Protocol):
    """Events that wait."""


@dataclass(frozen=True, slots=True)
class DeliveryStores:
    """All stores, on one connection. `attempt` opens a part of the transaction that an exception undoes alone."""

    subjects: Subjects
    feeds: Feeds
    outbox: Outbox
    park: Park
    attempt: Callable[[], AbstractContextManager[None]]
