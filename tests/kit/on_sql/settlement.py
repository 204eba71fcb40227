"""The settlement consumer on a real database, without broker or runner: records of the requests' log in, rows out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from connectors.database.settlement.audit import audit
from connectors.database.settlement.reads import balances, ledger_rows, ledger_summary
from connectors.database.settlement.stores import settlement_stores
from connectors.database.sql.driver import meaningful_errors
from consumers.runner.records import Record
from consumers.settlement.books import LedgerSummary
from consumers.settlement.domain.chain import Row
from consumers.settlement.handlers import CONSUMER, SettlementHandler
from consumers.settlement.ports import SettlementStores
from schemas.topics import LOG_REQUESTS
from tests.memory.telemetry import MemoryTelemetry


class SettlementBus:
    """One worker of the settlement consumer over `engine`, which owns all partitions of the log."""

    def __init__(self, engine: Engine, partitions: int = LOG_REQUESTS.partitions) -> None:
        self.engine = engine
        self.telemetry = MemoryTelemetry()
        self.handler = SettlementHandler(self.telemetry)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position)"
                    " SELECT :consumer, 'cluster', :topic, 'topic', number, 0 FROM generate_series(0, :last) AS number"
                    " ON CONFLICT DO NOTHING"
                ),
                {"consumer": CONSUMER, "topic": LOG_REQUESTS.name, "last": partitions - 1},
            )

    @contextmanager
    def stores(self) -> Iterator[SettlementStores]:
        """Open one transaction; its errors have the runner's meanings."""
        with meaningful_errors(), self.engine.begin() as connection:
            yield settlement_stores(connection)

    def handle(self, *records: Record) -> None:
        """Handle one batch."""
        with self.stores() as stores:
            self.handler.handle(stores, records)

    def handle_in(self, cuts: Sequence[int], records: Sequence[Record]) -> None:
        """Handle `records` in batches that end at `cuts`."""
        start = 0
        for end in [*sorted(cuts), len(records)]:
            if end > start:
                self.handle(*records[start:end])
                start = end

    def sweep(self) -> int:
        """Sweep once."""
        with self.stores() as stores:
            return self.handler.sweep(stores)

    def rows(self) -> list[Row]:
        """Return the ledger's rows, by partition and number."""
        with self.engine.begin() as connection:
            return list(ledger_rows(connection))

    def balances(self) -> dict[str, int]:
        """Return every account's balance that is not zero: debits less credits, in rial."""
        with self.engine.begin() as connection:
            return {one.account: one.balance_rial for one in balances(connection) if one.balance_rial}

    def summary(self) -> LedgerSummary:
        """Return the ledger's five sums."""
        with self.engine.begin() as connection:
            return ledger_summary(connection)

    def findings(self) -> list[str]:
        """Return everything that the audit finds wrong."""
        with self.engine.begin() as connection:
            return list(audit(connection))

    def heads(self) -> dict[int, tuple[bytes, int]]:
        """Return each partition's chain: head and count."""
        return {
            number: (head, count)
            for number, head, count in self.query(
                "SELECT partition, chain_head, chain_count FROM consumer_offset WHERE consumer = 'settlement'"
            )
        }

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows that `statement` selects."""
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]


def license_office(connection: Connection, office: str, cap_rial: int, reserved_rial: int = 0) -> None:
    """Give an office a position, as registry and requests do."""
    connection.execute(
        text(
            "INSERT INTO office_position (office, cap_rial, capacity, reserved_rial)"
            " VALUES (:office, :cap, 100, :reserved)"
        ),
        {"office": office, "cap": cap_rial, "reserved": reserved_rial},
    )
