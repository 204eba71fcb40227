"""Settlement over the database in memory, and its books as tests look at them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from consumers.parking import OperatorAction, ParkedRow, ParkReason
from consumers.requests.domain.loads.loads import NOTHING
from consumers.runner.outcomes import Outcome
from consumers.runner.records import Partition, Record
from consumers.settlement.domain.chain import Row
from consumers.settlement.domain.windows import AccountMovement, WindowCut
from consumers.settlement.handlers import CONSUMER, SettlementHandler
from consumers.settlement.ports import Opened, SettlementStores
from schemas.log_settlement import WindowClosed
from schemas.message import Message
from schemas.topics import LOG_REQUESTS
from tests.memory.ledger import MemoryWindows, settlement_stores
from tests.memory.operators import MemoryParkOperator
from tests.memory.park import MemoryPark
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase, OfficeRow, Offset
from tests.memory.telemetry import MemoryTelemetry

#: Far more than any test reserves.
CAP_RIAL = 10**12


class Books:
    """A ledger of the whole log, with two licensed offices, and everything that was committed to it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.database = BusDatabase(lambda: self.seconds)
        self.session = BusSession(self.database)
        self.park = ParkOutside(self)
        for number in range(LOG_REQUESTS.partitions):
            self.database.offsets.rows[CONSUMER, Partition(LOG_REQUESTS.name, "id-1", number)] = Offset()
        for code in ("office-1", "office-2"):
            self.database.offices.rows[code] = OfficeRow(NOTHING, CAP_RIAL)

    @contextmanager
    def stores(self) -> Iterator[SettlementStores]:
        """Open one transaction with the stores that a handler takes."""
        with self.session.transaction() as transaction:
            yield settlement_stores(transaction, self.database)

    def reserve(self, office: str, amount_rial: int) -> None:
        """Reserve, as the requests' transaction does before an acceptance is in the log."""
        row = self.database.offices.rows[office]
        load = row.load._replace(reserved_rial=row.load.reserved_rial + amount_rial)
        self.database.offices.rows[office] = row._replace(load=load)

    @property
    def rows(self) -> list[Row]:
        """The ledger's rows, in the order in which they were entered."""
        return list(self.database.transfers.rows.values())

    @property
    def balances(self) -> Mapping[tuple[int, str, int], tuple[int, int]]:
        """Debits and credits by partition, account and window."""
        return self.database.balances.rows

    @property
    def sequences(self) -> Mapping[str, int]:
        """The last sequence entered, by subject."""
        return self.database.progress.rows

    @property
    def pages(self) -> Mapping[int, Opened]:
        """The pages that something was entered on, by partition."""
        offsets = self.database.offsets.rows.items()
        return {where.number: row.page for (_, where), row in offsets if row.page != Offset().page}

    @property
    def disputes(self) -> Mapping[UUID, tuple[bool, datetime]]:
        """Whether each dispute is open, and since when that is so."""
        return self.database.disputes.rows

    @property
    def window_cuts(self) -> Mapping[tuple[int, int], WindowCut]:
        """The cuts, by window and partition."""
        return self.database.cuts.rows

    @property
    def closed(self) -> Mapping[int, WindowClosed]:
        """The windows that are closed."""
        return self.database.windows.rows

    @property
    def reserved_rial(self) -> Mapping[str, int]:
        """What is reserved, by office that has something reserved."""
        offices = self.database.offices.rows.items()
        return {code: row.load.reserved_rial for code, row in offices if row.load.reserved_rial}

    @property
    def income(self) -> Mapping[str, tuple[int, int]]:
        """Month and rial, by office that ever had an income."""
        offices = self.database.offices.rows.items()
        return {code: (row.load.income_month, row.load.income_rial) for code, row in offices if row.load.income_month}

    @property
    def revision(self) -> int:
        """The load revision."""
        return self.database.load_clock.rows[1]

    @property
    def messages(self) -> list[Message]:
        """What is to be published, in order."""
        return [row.message for _, row in sorted(self.database.outbox.rows.items())]

    def movements(self, window: int) -> Sequence[AccountMovement]:
        """Return every account's balance before `window` and its movements in it."""
        with self.session.transaction() as transaction:
            return MemoryWindows(transaction, self.database).movements(window)

    def balance(self, account: str) -> int:
        """Return an account's balance over all partitions and windows: debits less credits, in rial."""
        return sum(debits - credited for (_, name, _), (debits, credited) in self.balances.items() if name == account)


class ParkOutside:
    """The park of settlement, and what may be done with it from outside."""

    def __init__(self, books: Books) -> None:
        self._books = books

    @property
    def rows(self) -> list[ParkedRow]:
        """Everything that waits, oldest first."""
        with self._books.session.transaction() as transaction:
            return MemoryPark(transaction, self._books.database, CONSUMER).rows()

    @property
    def ever(self) -> int:
        """How many events were ever parked."""
        return self._books.database.drawn("parked_event")

    def rest(self, seconds: float) -> None:
        """Let real time pass."""
        self._books.seconds += seconds

    def decide(
        self, action: OperatorAction, keys: Collection[str] | None = None, reason: ParkReason | None = None
    ) -> None:
        """Decide on the events of `keys`, or on those that wait for `reason`, or on all, as an operator would."""
        rows = [row for row in self.rows if keys is None or row.event.key in keys]
        ids = [row.id for row in rows if reason in (None, row.event.reason)]
        with self._books.session.transaction() as transaction:
            MemoryParkOperator(transaction, self._books.database).decide(ids, action)


class Desk:
    """Settlement's handler, and what it is fed; every call is a transaction of its own."""

    def __init__(self) -> None:
        self.memory = Books()
        self.telemetry = MemoryTelemetry()
        self._handler = SettlementHandler(self.telemetry)

    def handle(self, *records: Record) -> None:
        with self.memory.stores() as stores:
            self._handler.handle(stores, records)

    def park_failed(self, record: Record, error: Exception) -> None:
        with self.memory.stores() as stores:
            self._handler.park_failed(stores, record, error)

    def sweep(self) -> int:
        with self.memory.stores() as stores:
            return self._handler.sweep(stores)

    def count(self, outcome: Outcome) -> int:
        return sum(events for noted, events in self.telemetry.outcomes if noted is outcome)

    def kinds(self) -> list[str]:
        return [row.kind for row in self.memory.rows]
