"""What a reconciliation needs from the outside. Every call may raise the broker's or the database's unavailability."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from consumers.reconciliation.domain.views import (
    ClaimSeen,
    ComparedPosition,
    LedgerPage,
    Marker,
    OfficeLoad,
    Publication,
    Removed,
    Revision,
    Subject,
    Taught,
    Transaction,
)
from consumers.reconciliation.reading import Fact
from consumers.runner.records import Partition, Record, Span
from schemas.partition import Place


class ComparedLogs(Protocol):
    """The topics, read from outside the workers."""

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of all topics as they exist now."""

    def spans(self, places: Collection[Place]) -> Mapping[Place, Span]:
        """Return what each of `places` holds now."""

    def since(self, places: Collection[Place], moment: datetime) -> Mapping[Place, int]:
        """Return each place's first position at or after `moment`; a place without such a record is left out."""

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Record]:
        """Yield every record of `spans`, each place in its order, places interleaved."""


class BusSnapshot(Protocol):
    """The database as it was at one moment, beside the facts that were kept. Iterators hold a part at a time."""

    def positions(self, partitions: Sequence[Partition]) -> list[ComparedPosition]:
        """Return every consumer's position in every partition that it has one for."""

    def windows(self) -> Mapping[int, int]:
        """Return settlement's open window of each partition."""

    def outbox_complete_since(self) -> datetime | None:
        """Return since when all that was published has its row in the outbox; none: ever since."""

    def under_way(self) -> "UnderWay":
        """Count what waits in the database."""

    def publications(self) -> Iterator[Publication]:
        """Yield every event of every log, and every row of the outbox, side by side by id."""

    def subjects(self) -> Iterator[Subject]:
        """Yield every subject of the requests' log, of the requests' rows and of settlement's progress."""

    def markers(self) -> Iterator[Marker]:
        """Yield every window's markers."""

    def revisions(self) -> Iterator[Revision]:
        """Yield every revision of the registry, in its log or in the database."""

    def transactions(self, passed: Mapping[int, int]) -> Iterator[Transaction]:
        """Yield every business transaction, of the log, of the ledger or told of.

        `passed` holds settlement's next position in each partition.
        """

    def loads(self) -> Iterator[OfficeLoad]:
        """Yield what every office has under way, by its position and by the requests' rows."""

    def pages(self) -> Iterator[LedgerPage]:
        """Yield every partition of the ledger: what is kept of it, and where its rows and windows end."""

    def closed_windows(self) -> Iterator[tuple[int, bool]]:
        """Yield every closed window, and whether settlement's log or the outbox tells of it."""

    def claims(self) -> Iterator[ClaimSeen]:
        """Yield every record of intake."""

    def removed(self) -> Iterator[Removed]:
        """Yield every row that somebody deleted from the outbox, and that can be put back."""

    def taught(self) -> Iterator[Taught]:
        """Yield events that facts do not show, and those that they show before the figures' position is there."""


class UnderWay(NamedTuple):
    """What waits in the database at the moment of a snapshot."""

    #: Rows of the outbox that are not published yet, by topic.
    unpublished: Mapping[str, int]
    #: Parked events, by consumer.
    parked: Mapping[str, int]


class Store(Protocol):
    """Where facts are kept, sorted and put beside the database's own rows, for one reconciliation."""

    def keep(self, facts: Iterable[Fact]) -> None:
        """Keep facts."""

    def outbox_begins(self) -> datetime:
        """Return the moment before which no row that the outbox keeps can have been published."""

    def snapshot(self) -> AbstractContextManager[BusSnapshot]:
        """Hold the database as it is now. More facts may be kept meanwhile."""
