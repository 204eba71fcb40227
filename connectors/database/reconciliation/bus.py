"""A reconciliation's store: what was read goes into temporary tables of one session, where the server sorts and joins.

Memory here stays flat; the server takes some 150 bytes of temporary disk per record, and as much again while it sorts.
The role needs TEMPORARY on the database and to read every table; nothing is written but the session's own tables.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import psycopg

from connectors.database.publication import days
from connectors.database.reconciliation import queries
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import plain_url
from connectors.database.sql.kafka_columns import headers_from_json
from consumers.kpi.domain.facts import TEACHING
from consumers.kpi.reading import TOPICS as FIGURES
from consumers.reconciliation.domain.views import (
    ClaimSeen,
    ComparedPosition,
    ComparedTransfer,
    LedgerPage,
    Marker,
    OfficeLoad,
    Publication,
    Removed,
    Revision,
    Subject,
    SubjectEvent,
    Taught,
    Transaction,
)
from consumers.reconciliation.ports import UnderWay
from consumers.reconciliation.reading import Booked, Claimed, Fact, Seen
from consumers.runner.errors import DatabaseUnavailable
from consumers.runner.records import Partition
from schemas.intake_agency import RequestSubmitted
from schemas.log_requests import WindowMarked
from schemas.log_settlement import StatementIssued, WindowClosed
from schemas.partition import Place
from schemas.topics import INTAKE_PREFIX, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

#: While a reader holds this, the outbox's days are neither made nor let go: both would wait for it, and all for them.
OUTBOX_LOCK = 7_236_002
_ROWS_AT_ONCE = 5_000
_WORK_MEMORY = "64MB"
_TABLES: Mapping[type[Fact], str] = {Seen: "seen", Booked: "booked", Claimed: "claimed"}
_TYPES = {
    "seen": ("text", "int4", "int8", "text", "text", "text", "int8", "int8", "timestamptz", "text", "int8"),
    "booked": ("int4", "int8", "text", "text", "int8", "text", "text", "text", "text", "int8"),
    "claimed": (
        "text",
        "text",
        "int4",
        "int8",
        "text",
        "text",
        "text",
        "text",
        "bytea",
        "bytea",
        "text",
        "int8",
        "bool",
    ),
}
#: Who takes claims.
_INTAKE = ("requests", "registry")
_NAMES = {
    "log": LOG_REQUESTS.name,
    "registry": LOG_REGISTRY.name,
    "settlement": LOG_SETTLEMENT.name,
    "intake": INTAKE_PREFIX,
    "decided": [LOG_REQUESTS.name, LOG_REGISTRY.name],
    "marker": WindowMarked.type_name(),
    "closed": WindowClosed.type_name(),
    "windows": [WindowClosed.type_name(), StatementIssued.type_name()],
    "submitted": RequestSubmitted.type_name(),
    "teaching": [model.type_name() for model in TEACHING],
}


class _Aside(NamedTuple):
    """One event that is parked, or that an operator had its consumer skip, in the terms of whoever looks for it."""

    consumer: str
    topic: str
    partition: int
    position: int
    key: str
    source: str | None
    event_id: str | None
    sequence: int = 0


class TablesRefused(Exception):
    """The role may make no temporary tables in this database; the message is the server's."""


class SqlReconciliation:
    """Implements `consumers.reconciliation.ports.Store` on a session of its own. Connects at once; close it.

    Raises `DatabaseUnavailable`, and `TablesRefused` when the role may make no temporary tables.
    """

    def __init__(self, url: str, cluster_id: str) -> None:
        self._cluster_id = cluster_id
        with meaningful_errors():
            self._connection = psycopg.connect(
                plain_url(url),
                autocommit=True,
                application_name="pishkhan reconcile",
                options=f"-c timezone=UTC -c jit=off -c work_mem={_WORK_MEMORY}",
            )
            try:
                self._connection.execute(queries.TABLES)
            except psycopg.errors.InsufficientPrivilege as error:
                self._connection.close()
                raise TablesRefused(str(error.diag.message_primary)) from error

    def __enter__(self) -> "SqlReconciliation":
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the session; its tables go with it."""
        self.close()

    def keep(self, facts: Iterable[Fact]) -> None:
        """Keep facts."""
        rows: dict[str, list[Fact]] = {}
        for fact in facts:
            rows.setdefault(_TABLES[type(fact)], []).append(fact)
        with meaningful_errors():
            for table, some in rows.items():
                with self._connection.cursor() as cursor, cursor.copy(_copy(table)) as copy:
                    copy.set_types(_TYPES[table])
                    for row in some:
                        copy.write_row(row)

    def outbox_begins(self) -> datetime:
        """Return the moment before which no row that the outbox keeps can have been published."""
        [(begins,)] = self._rows(days.BEGINS)
        if begins is None:
            raise DatabaseUnavailable("the outbox has no partition; run the relay, which makes them")
        return begins  # type: ignore[no-any-return]  # the query says so

    @contextmanager
    def snapshot(self) -> Iterator["SqlSnapshot"]:
        """Hold the database as it is now, and the outbox's days as they are."""
        with meaningful_errors():
            # Before the transaction: one that waited for it would hold a moment that is over.
            self._connection.execute("SELECT pg_advisory_lock_shared(%s)", (OUTBOX_LOCK,))
            with self._connection.transaction():
                self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # The first statement that reads is the moment.
                self._connection.execute("SELECT FROM publication_horizon")
                yield SqlSnapshot(self._connection, self._cluster_id)
            self._connection.execute("SELECT pg_advisory_unlock_shared(%s)", (OUTBOX_LOCK,))

    def close(self) -> None:
        """End the session; its tables go with it."""
        self._connection.close()

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with meaningful_errors():
            return self._connection.execute(query.encode()).fetchall()


class SqlSnapshot:
    """Implements `consumers.reconciliation.ports.BusSnapshot` within the open transaction."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], cluster_id: str) -> None:
        self._connection = connection
        self._cluster_id = cluster_id
        self._analyzed = False
        self._parked = [_parked(*row) for row in self._all(queries.PARKED)]
        self._given_up = [_Aside(*row) for row in self._all(queries.GIVEN_UP)]

    def positions(self, partitions: Sequence[Partition]) -> list[ComparedPosition]:
        """Return every consumer's position in every partition that it has one for; figures begin at 0."""
        now = {one.place: (one.topic_id, self._cluster_id) for one in partitions}
        positions = [
            ComparedPosition(
                consumer, Place(topic, number), position, now.get(Place(topic, number)) == (topic_id, cluster_id)
            )
            for consumer, topic, number, position, topic_id, cluster_id in self._all(queries.POSITIONS)
        ]
        figures = {Place(topic, number): position for topic, number, position in self._all(queries.FIGURES_POSITIONS)}
        places = [place for place in now if place.topic in FIGURES]
        return [
            *positions,
            *(ComparedPosition("kpi", place, figures.get(place, 0), same_topic=True) for place in places),
        ]

    def windows(self) -> Mapping[int, int]:
        """Return settlement's open window of each partition."""
        return dict(self._all(queries.WINDOWS))

    def outbox_complete_since(self) -> datetime | None:
        """Return since when all that was published has its row in the outbox; none: ever since."""
        [(until,)] = self._all(queries.HORIZON)
        return until  # type: ignore[no-any-return]  # the query says so

    def under_way(self) -> UnderWay:
        """Count what waits in the database."""
        return UnderWay(dict(self._all(queries.UNPUBLISHED)), dict(self._all(queries.PARKED_COUNTS)))

    def publications(self) -> Iterator[Publication]:
        """Yield every event of every log, and every row of the outbox, side by side by id."""
        return (Publication(*row) for row in self._streamed(queries.PUBLICATIONS))

    def subjects(self) -> Iterator[Subject]:
        """Yield every subject of the requests' log, of the requests' rows and of settlement's progress."""
        waiting: dict[str, set[int]] = {}
        for one in self._parked:
            if one.consumer == "settlement":
                waiting.setdefault(one.key, set()).add(one.sequence)
        for subject, rows in groupby(self._streamed(queries.SUBJECTS), itemgetter(0)):
            some = list(rows)
            _, version, state, stage, cash_rial, settled, *_ = some[0]
            states = frozenset(one for one in (state, stage) if one is not None)
            events = [SubjectEvent(*row[6:]) for row in some if row[6] is not None]
            yield Subject(subject, version, states, cash_rial, settled, frozenset(waiting.get(subject, ())), events)

    def markers(self) -> Iterator[Marker]:
        """Yield every window's markers."""
        excused = {one.event_id for one in (*self._parked, *self._given_up) if one.consumer == "settlement"}
        for subject, event_id, partition, position in self._streamed(queries.MARKERS):
            window = int(subject.removeprefix("window-"))
            yield Marker(window, event_id, partition, position, event_id in excused)

    def revisions(self) -> Iterator[Revision]:
        """Yield every revision of the registry, in its log or in the database."""
        return (Revision(*row) for row in self._streamed(queries.REVISIONS))

    def transactions(self, passed: Mapping[int, int]) -> Iterator[Transaction]:
        """Yield every business transaction, of the log, of the ledger or told of."""
        given_up = {one.event_id for one in self._given_up if one.consumer == "settlement"}
        for transaction_id, rows in groupby(self._streamed(queries.TRANSACTIONS), itemgetter(0)):
            sides: list[list[Any]] = [[], [], [], []]
            for row in rows:
                sides[row[1]].append(row)
            yield _transaction(transaction_id, sides, passed, given_up)

    def loads(self) -> Iterator[OfficeLoad]:
        """Yield what every office has under way, by its position and by the requests' rows."""
        return (OfficeLoad(*row) for row in self._streamed(queries.LOADS))

    def pages(self) -> Iterator[LedgerPage]:
        """Yield every partition of the ledger: what is kept of it, and where its rows and windows end."""
        return (LedgerPage(*row) for row in self._streamed(queries.PAGES))

    def closed_windows(self) -> Iterator[tuple[int, bool]]:
        """Yield every closed window, and whether settlement's log or the outbox tells of it."""
        return self._streamed(queries.CLOSED_WINDOWS)

    def claims(self) -> Iterator[ClaimSeen]:
        """Yield every record of intake."""
        waiting, given_up = _names(self._parked), _names(self._given_up)
        for row in self._streamed(queries.CLAIMS):
            name = _name(*row[1:6])
            yield ClaimSeen._make((*row[:14], name in waiting, name in given_up, *row[14:]))

    def removed(self) -> Iterator[Removed]:
        """Yield every row that somebody deleted from the outbox, and that can be put back."""
        return (Removed(*row) for row in self._streamed(queries.REMOVED))

    def taught(self) -> Iterator[Taught]:
        """Yield events that facts do not show, and those that they show before the figures' position is there."""
        excused = {one[1:4] for one in (*self._parked, *self._given_up) if one.consumer == "kpi"}
        excused.update(self._all(queries.FIGURES_DEAD))
        for row in self._streamed(queries.TAUGHT):
            yield Taught._make((*row, row[:3] in excused))

    def _all(self, query: str) -> list[Any]:
        return self._connection.execute(query.encode()).fetchall()

    def _streamed(self, query: str) -> Iterator[Any]:
        """Yield a query's rows through a cursor of the server."""
        if not self._analyzed:
            # The planner knows nothing of tables that were just filled.
            self._connection.execute("ANALYZE seen, booked, claimed")
            self._analyzed = True
        with self._connection.cursor(name="reconcile") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(query.encode(), _NAMES, binary=True)
            yield from cursor


def _copy(table: str) -> str:
    return f"COPY {table} FROM STDIN (FORMAT BINARY)"


def _parked(consumer: str, topic: str, partition: int, position: int, key: str, headers: Any) -> _Aside:
    said = {name: (value or b"").decode("utf-8", "replace") for name, value in headers_from_json(headers)}
    sequence = said.get("ce_sequence", "")
    number = int(sequence) if sequence.isascii() and sequence.isdigit() else 0
    return _Aside(consumer, topic, partition, position, key, said.get("ce_source", ""), said.get("ce_id", ""), number)


def _names(aside: Iterable[_Aside]) -> set[tuple[object, ...]]:
    return {
        _name(one.topic, one.partition, one.position, one.source, one.event_id)
        for one in aside
        if one.consumer in _INTAKE
    }


def _name(topic: str, partition: int, position: int, source: str | None, event_id: str | None) -> tuple[object, ...]:
    """Return by what a record of intake is known: its identity, or where it lies if it has none."""
    return (source, event_id) if source and event_id else (topic, partition, position)


def _transaction(
    transaction_id: str, sides: Sequence[Sequence[Any]], passed: Mapping[int, int], given_up: Collection[str | None]
) -> Transaction:
    booked, ledger, told, queued = sides
    first = (booked or ledger or told or queued)[0]
    entered = any(
        row[6] < passed.get(row[5], 0) and row[11] is not None and row[4] <= row[11] and row[2] not in given_up
        for row in booked[:1]
    )
    return Transaction(
        transaction_id=transaction_id,
        event_id=first[2],
        subject=first[3],
        partition=first[5] if booked else None,
        position=first[6] if booked else None,
        queued=any(row[12] for row in ledger[:1]),
        entered=entered,
        expected=[ComparedTransfer(*row[7:11]) for row in booked],
        ledger=[ComparedTransfer(*row[7:11]) for row in ledger],
        told=bool(told or queued),
        told_at=(told[0][5], told[0][6]) if told else None,
    )
