"""What the places say of one id, side by side: a publication, a subject, a transaction, a claim, a position.

The store gathers them; `judge` looks at one at a time, so nothing here grows with the bus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.partition import Place

#: The relay's clock and the database's may differ by this much.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ComparisonCut:
    """Between what was and what is under way: the database as it was at one moment, and the logs around it.

    `before` holds where each log ended before that moment: all that is below was decided earlier. `ends` holds where it
    ended afterwards: all that was marked as published is below. `positions` and `windows` are of the moment itself.
    """

    begins: Mapping[Place, int]
    before: Mapping[Place, int]
    ends: Mapping[Place, int]
    #: Next positions, by consumer and place.
    positions: Mapping[tuple[str, Place], int]
    #: Settlement's open window in each partition.
    windows: Mapping[int, int]
    #: All that was published after this still has its row in the outbox; none: everything has.
    outbox_complete_since: datetime | None

    def passed(self, consumer: str, place: Place, position: int) -> bool:
        """Say whether `consumer` has put the record at `position` behind it."""
        return position < self.positions.get((consumer, place), 0)

    def kept(self, appended_at: datetime | None) -> bool:
        """Say whether the outbox still has what it published when the log took it, at `appended_at`."""
        since = self.outbox_complete_since
        return since is None or (appended_at is not None and appended_at > since + CLOCKS_DIFFER)

    def old(self, place: Place, position: int) -> bool:
        """Say whether the record was there before the moment of the database."""
        return position < self.before.get(place, 0)


class Publication(NamedTuple):
    """One event of one topic: its records there, and its rows in the outbox.

    `partition` and `last` are the place of its last record; `last` is none when the topic has no record of it, and then
    `partition` is the rows'. `appended_at` is the first record's. `differs` says whether not all of these have one
    body; on intake it is never looked at.
    """

    topic: str
    source: str
    event_id: str
    partition: int
    last: int | None
    copies: int
    appended_at: datetime | None
    rows: int
    published: bool
    differs: bool


class SubjectEvent(NamedTuple):
    """One event in its subject's order. `position` is none while only the outbox has it; returned cash is negative.

    `reason` is why a request was closed, and none for every other type. `appended_at` is when its record came into the
    log, `queued` says whether the outbox has it, and `in_ledger` whether the ledger has rows of it.
    """

    sequence: int
    event_id: str
    partition: int
    position: int | None
    cash_rial: int
    type: str
    reason: str | None = None
    appended_at: datetime | None = None
    queued: bool = False
    in_ledger: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """One request, or one act of its own, in the requests' log; `events` are ordered by sequence, then position.

    `version` is none when the database has no row of it; `states` holds what the row says in both places that say it,
    the column and the document. `settled` is the last sequence that settlement has entered, or
    that an operator had it skip; `waiting` holds those that it has parked.
    """

    subject: str
    version: int | None
    states: frozenset[str]
    cash_rial: int
    settled: int
    waiting: frozenset[int]
    events: Sequence[SubjectEvent]


class ComparedTransfer(NamedTuple):
    """One row that moves money."""

    kind: str
    debit: str
    credit: str
    amount_rial: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One business transaction: what the requests' log makes it, what the ledger holds, and whether it was told of.

    `event_id` and what follows are of the event; `partition` and `position` are none when the log does not hold it.
    `queued` says whether the outbox has it, `entered` whether settlement has passed it and counts it as entered, and no
    operator had it skipped. `told` says whether settlement's log or the outbox tells of it, `told_at` where the log
    does.
    """

    transaction_id: str
    event_id: str | None
    subject: str | None
    partition: int | None
    position: int | None
    queued: bool
    entered: bool
    expected: Sequence[ComparedTransfer]
    ledger: Sequence[ComparedTransfer]
    told: bool
    told_at: tuple[int, int] | None


class ClaimSeen(NamedTuple):
    """One record of an intake topic, and what became of it. `source` and `event_id` are none when it has no envelope.

    `copies` counts the records of its identity; `copy` says which of them this is, from 1, which is the one that was
    applied (`outcome.taken_first`). `known` says whether the identity was kept with these very words, `conflicting`
    whether it was kept with others. `dead` says whether its dead letter is on record, `let_go` whether that may have
    been let go: it is not beyond those that were, and either is in conflict or could not be accepted. `told` is the
    type of the first event that followed from it, `told_rial` the cash in that. `submitted` says whether it asks for a
    request that the database has: it may have been cancelled while it waited, and then only the cancellation is told
    of.
    """

    consumer: str
    topic: str
    partition: int
    position: int
    source: str | None
    event_id: str | None
    type: str | None
    subject: str | None
    copy: int
    copies: int
    known: bool
    conflicting: bool
    dead: bool
    let_go: bool
    waiting: bool
    given_up: bool
    told: str | None
    submitted: bool
    cash_rial: int | None
    told_rial: int | None


class Revision(NamedTuple):
    """One revision of the registry: whether the database has its row, and its first record; `queued`: in the outbox.

    `counted` says whether the registry has counted so far.
    """

    revision: int
    known: bool
    event_id: str | None
    position: int | None
    queued: bool
    counted: bool


class LedgerPage(NamedTuple):
    """One partition of the ledger: for how many rows its chain is kept, and in which window it goes on; the number of
    its last row, and the last window that was cut there.
    """

    partition: int
    kept_rows: int
    window: int
    rows: int
    cut: int


class OfficeLoad(NamedTuple):
    """One office that the registry knows, or that has a request: what its position counts (none: it has no position),
    and how many requests are under way there.
    """

    office: str
    in_flight: int | None
    requests: int


class Marker(NamedTuple):
    """One marker that ends a settlement window in its partition of the requests' log; `excused`: parked or given up."""

    window: int
    event_id: str
    partition: int
    position: int
    excused: bool


class Taught(NamedTuple):
    """One event that figures rest on; `excused`: parked, given up or dead-lettered.

    It is looked at when its facts do not show it, or when they do (`shown`) though the figures' position is before it.
    """

    topic: str
    partition: int
    position: int
    event_id: str
    subject: str
    shown: bool
    excused: bool


class Removed(NamedTuple):
    """One row that somebody deleted from the outbox, and that is not back."""

    topic: str
    partition: int
    source: str
    event_id: str
    subject: str
    sequence: int | None


class ComparedPosition(NamedTuple):
    """How far one consumer is in one partition. `same_topic` is false when it was kept for another incarnation."""

    consumer: str
    place: Place
    next_position: int
    same_topic: bool
