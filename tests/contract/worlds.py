"""One bus's database, in memory or real: every suite on stores runs against both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

import psycopg
from sqlalchemy import Engine, text

from connectors.database.access.audit import SqlAudit
from connectors.database.access.keys import SqlKeys
from connectors.database.delivery import reads, rebuild, stores
from connectors.database.gateway.intake import SqlIntake
from connectors.database.parking.operator import ParkOperator
from connectors.database.publication.operator import OutboxOperator
from connectors.database.publication.relay import SqlRelayOutbox
from connectors.database.registry.entries import RegistryStore
from connectors.database.registry.stores import registry_stores as sql_registry_stores
from connectors.database.requests.inbox import SqlInboxReads
from connectors.database.requests.reveals import SqlRevealReads
from connectors.database.requests.stores import request_stores as sql_request_stores
from connectors.database.requests.tracked import SqlTrackReads
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.runner.halt_operator import HaltOperator
from connectors.database.runner.leases import SqlLeases
from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from connectors.database.settlement.stores import settlement_stores as sql_settlement_stores
from connectors.database.sql import engine as engines
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import plain_url
from consumers.delivery import ports
from consumers.registry.ports import RegistryStores
from consumers.requests.domain.loads.loads import NOTHING
from consumers.requests.ports import RequestStores
from consumers.runner.ports import Leases, Work
from consumers.runner.records import Partition
from consumers.settlement.handlers import CONSUMER as SETTLEMENT
from consumers.settlement.ports import SettlementStores
from producers.ports import Outbox
from producers.saying import Intake
from producers.set_aside import OutboxAction
from schemas.limits import LETTER_ROOM, LetterRoom
from schemas.topics import LOG_REQUESTS
from tests.contract.people import People
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.clocks import trusting_watch
from tests.memory.access import MemoryAudit, MemoryKeys
from tests.memory.delivery import MemoryFeedReads, MemoryFeedRebuild, delivery_stores
from tests.memory.gateway import MemoryIntake
from tests.memory.ledger import settlement_stores
from tests.memory.letters import DAY_SECONDS
from tests.memory.operators import (
    MemoryHaltOperator,
    MemoryLetterReads,
    MemoryOutboxOperator,
    MemoryParkOperator,
)
from tests.memory.outbox import MemoryRelayOutbox
from tests.memory.people import MemoryInboxReads, MemoryRegistryReads, MemoryRevealReads, MemoryTrackReads
from tests.memory.positions import BusSession, MemoryLeases, MemoryWork
from tests.memory.requests import registry_stores, request_stores
from tests.memory.tables import BusDatabase, LetGo, LettersPlace, OfficeRow, Offset

#: A lease that a test lets run out, and one that outlasts every test, in real seconds.
SHORT_SECONDS, LONG_SECONDS = 0.4, 60.0
#: Long enough to see that somebody waits for a lock, and short enough for a test.
LOCK_TIMEOUT_MS = 200


class Client(Protocol):
    """One process on the database, with a connection of its own."""

    def requests(self) -> AbstractContextManager[RequestStores]:
        """Open a transaction of the requests consumer."""

    def registry(self) -> AbstractContextManager[RegistryStores]:
        """Open a transaction of the registry consumer."""

    def settlement(self) -> AbstractContextManager[SettlementStores]:
        """Open a transaction of settlement."""

    def delivery(self) -> AbstractContextManager[ports.DeliveryStores]:
        """Open a transaction of delivery."""

    def people(self) -> AbstractContextManager[People]:
        """Open a transaction in which people look and decide."""

    def worker(self, consumer: str) -> tuple[Leases, Work[RequestStores]]:
        """Return leases and batches of `consumer`, under this client's name."""

    def intake(self) -> Intake:
        """Connect as a gateway does."""

    def relay(self, room: LetterRoom = LETTER_ROOM) -> Outbox:
        """Connect as a relay does; it sees to it that dead letters have this room."""


class World(ABC):
    """One database. Its registry knows nobody; settlement has positions for the log's partitions."""

    @abstractmethod
    def client(self, name: str, lease_seconds: float = LONG_SECONDS) -> Client:
        """Return another process, whose leases last so long."""

    @abstractmethod
    def license(self, office: str, cap_rial: int) -> None:
        """Give an office a position without a load."""

    @abstractmethod
    def decide_on_halts(self, by: str, why: str) -> None:
        """Pass, as an operator does, whatever consumers stand still at now."""

    @abstractmethod
    def halts(self) -> int:
        """Return how many standstills are on record."""

    @abstractmethod
    def letters(self) -> list[str]:
        """Return what is kept with each dead letter in words, in order."""

    @abstractmethod
    def age_letters(self, days: int) -> None:
        """Make every dead letter that is there so many days older."""

    @abstractmethod
    def let_go(self) -> dict[LettersPlace, LetGo]:
        """Return what is on record of letters that were let go."""

    @abstractmethod
    def decide_on_aside(self, row: int, action: OutboxAction) -> None:
        """Let an operator decide on a row of the outbox that was set aside."""

    @abstractmethod
    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let real time pass until `condition` holds."""


class MemoryClient:
    """A client of the database in memory."""

    def __init__(self, database: BusDatabase, name: str, lease_seconds: float) -> None:
        self._session = BusSession(database, name)
        self._tables = database
        self._name = name
        self._lease_seconds = lease_seconds

    @contextmanager
    def requests(self) -> Iterator[RequestStores]:
        with self._session.transaction() as transaction:
            yield request_stores(transaction, self._tables)

    @contextmanager
    def registry(self) -> Iterator[RegistryStores]:
        with self._session.transaction() as transaction:
            yield registry_stores(transaction, self._tables)

    @contextmanager
    def settlement(self) -> Iterator[SettlementStores]:
        with self._session.transaction() as transaction:
            yield settlement_stores(transaction, self._tables)

    @contextmanager
    def delivery(self) -> Iterator[ports.DeliveryStores]:
        with self._session.transaction() as transaction:
            yield delivery_stores(transaction, self._tables)

    @contextmanager
    def people(self) -> Iterator[People]:
        with self._session.transaction() as transaction:
            yield People(
                MemoryInboxReads(transaction, self._tables),
                MemoryRegistryReads(transaction, self._tables),
                MemoryParkOperator(transaction, self._tables),
                MemoryOutboxOperator(transaction, self._tables),
                MemoryHaltOperator(transaction, self._tables),
                MemoryLetterReads(transaction, self._tables),
                MemoryKeys(transaction, self._tables),
                MemoryAudit(transaction, self._tables),
                MemoryRevealReads(transaction, self._tables),
                MemoryTrackReads(transaction, self._tables),
                MemoryFeedReads(transaction, self._tables),
                MemoryFeedRebuild(transaction, self._tables),
            )

    def worker(self, consumer: str) -> tuple[Leases, Work[RequestStores]]:
        leases = MemoryLeases(self._session, consumer, self._name, self._lease_seconds)
        return leases, MemoryWork(self._session, consumer, self._name, request_stores)

    def intake(self) -> Intake:
        return MemoryIntake(self._session)

    def relay(self, room: LetterRoom = LETTER_ROOM) -> Outbox:
        return MemoryRelayOutbox(BusSession(self._tables, self._name), self._name, self._lease_seconds, room)


class MemoryWorld(World):
    """The database in memory, whose clock moves by hand."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._database = BusDatabase(lambda: self._seconds)
        for number in range(LOG_REQUESTS.partitions):
            where = Partition(LOG_REQUESTS.name, "topic", number)
            self._database.offsets.rows[SETTLEMENT, where] = Offset()

    def client(self, name: str, lease_seconds: float = LONG_SECONDS) -> Client:
        return MemoryClient(self._database, name, lease_seconds)

    def license(self, office: str, cap_rial: int) -> None:
        self._database.offices.rows[office] = OfficeRow(NOTHING, cap_rial)

    def decide_on_halts(self, by: str, why: str) -> None:
        rows = self._database.halts.rows
        rows.update({place: row._replace(by=by, why=why) for place, row in rows.items()})

    def halts(self) -> int:
        return len(self._database.halts.rows)

    def letters(self) -> list[str]:
        return [row.letter.detail for _, row in sorted(self._database.letters.rows.items())]

    def age_letters(self, days: int) -> None:
        rows = self._database.letters.rows
        rows.update({key: row._replace(recorded_at=row.recorded_at - days * DAY_SECONDS) for key, row in rows.items()})

    def let_go(self) -> dict[LettersPlace, LetGo]:
        return dict(self._database.let_go.rows)

    def decide_on_aside(self, row: int, action: OutboxAction) -> None:
        rows = self._database.aside.rows
        assert rows[row].decision is None
        rows[row] = rows[row]._replace(decision=action.value)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(100):
            if condition():
                return
            self._seconds += SHORT_SECONDS / 4
        raise AssertionError(f"in vain: {what}")


class SqlClient:
    """A client of a real database."""

    def __init__(self, engine: Engine, url: str, name: str, lease_seconds: float, stack: ExitStack) -> None:
        self._engine = engine
        self._url = url
        self._name = name
        self._lease_seconds = lease_seconds
        self._stack = stack

    @contextmanager
    def requests(self) -> Iterator[RequestStores]:
        with meaningful_errors(), self._engine.begin() as connection:
            yield sql_request_stores(connection)

    @contextmanager
    def registry(self) -> Iterator[RegistryStores]:
        with meaningful_errors(), self._engine.begin() as connection:
            yield sql_registry_stores(connection)

    @contextmanager
    def settlement(self) -> Iterator[SettlementStores]:
        with meaningful_errors(), self._engine.begin() as connection:
            yield sql_settlement_stores(connection)

    @contextmanager
    def delivery(self) -> Iterator[ports.DeliveryStores]:
        with meaningful_errors(), self._engine.begin() as connection:
            yield stores.delivery_stores(connection)

    @contextmanager
    def people(self) -> Iterator[People]:
        with meaningful_errors(), self._engine.begin() as connection:
            yield People(
                SqlInboxReads(connection),
                RegistryStore(connection),
                ParkOperator(connection),
                OutboxOperator(connection),
                HaltOperator(connection),
                DeadLetterStore(connection),
                SqlKeys(connection),
                SqlAudit(connection),
                SqlRevealReads(connection),
                SqlTrackReads(connection),
                reads.SqlFeedReads(connection),
                rebuild.SqlFeedRebuild(connection),
            )

    def worker(self, consumer: str) -> tuple[Leases, Work[RequestStores]]:
        leases = SqlLeases(self._engine, consumer, "cluster", self._name, trusting_watch(), self._lease_seconds)
        work = SqlWork(
            self._engine,
            sql_request_stores,
            lambda connection: SqlPositions(connection, consumer, "cluster", self._name),
        )
        return leases, work

    def intake(self) -> Intake:
        intake = SqlIntake(self._url, self._name)
        self._stack.callback(intake.close)
        return intake

    def relay(self, room: LetterRoom = LETTER_ROOM) -> Outbox:
        relay = SqlRelayOutbox(self._url, self._name, trusting_watch(), self._lease_seconds, room)
        self._stack.callback(relay.close)
        return relay


class SqlWorld(World):
    """A real database."""

    def __init__(self, urls: DatabaseUrls, stack: ExitStack) -> None:
        self._urls = urls
        self._stack = stack
        self._engine = self._build("world")
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position)"
                    " SELECT :consumer, 'cluster', :topic, 'topic', number, 0 FROM generate_series(0, :last) AS number"
                ),
                {"consumer": SETTLEMENT, "topic": LOG_REQUESTS.name, "last": LOG_REQUESTS.partitions - 1},
            )

    def client(self, name: str, lease_seconds: float = LONG_SECONDS) -> Client:
        return SqlClient(self._build(name), self._urls.worker_url, name, lease_seconds, self._stack)

    def license(self, office: str, cap_rial: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                text("INSERT INTO office_position (office, cap_rial, capacity) VALUES (:office, :cap, 100)"),
                {"office": office, "cap": cap_rial},
            )

    def decide_on_halts(self, by: str, why: str) -> None:
        with self._engine.begin() as connection:
            operator = HaltOperator(connection)
            standing = operator.standing()
            assert operator.pass_over(standing, by, why) == standing

    def halts(self) -> int:
        with self._engine.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM partition_halt")).scalar_one())

    def letters(self) -> list[str]:
        with self._engine.begin() as connection:
            return list(connection.execute(text("SELECT detail FROM dead_letter ORDER BY id")).scalars())

    def age_letters(self, days: int) -> None:
        with psycopg.connect(plain_url(self._urls.owner_url)) as connection:
            connection.execute("UPDATE dead_letter SET recorded_at = recorded_at - make_interval(days => %s)", [days])

    def let_go(self) -> dict[LettersPlace, LetGo]:
        query = "SELECT consumer, topic, partition, up_to, letters, bytes, for_room FROM dead_letter_let_go"
        with self._engine.begin() as connection:
            return {(row[0], row[1], row[2]): LetGo(*row[3:]) for row in connection.execute(text(query))}

    def decide_on_aside(self, row: int, action: OutboxAction) -> None:
        waits = text("SELECT id FROM set_aside_row WHERE outbox_id = :row AND decided_at IS NULL")
        with self._engine.begin() as connection:
            ids = list(connection.execute(waits, {"row": row}).scalars())
            assert OutboxOperator(connection).decide(ids, action, "somebody", "a test") == ids
            assert len(ids) == 1

    def until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, what)

    def _build(self, name: str) -> Engine:
        engine = engines.build_engine(self._urls.worker_url, name)
        self._stack.callback(engine.dispose)
        return engine
