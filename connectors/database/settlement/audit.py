"""Everything that can be checked of the ledger, in one consistent view of the database.

Give each of these a connection in REPEATABLE READ, or a running worker makes rows and sums look apart.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, select, text

from connectors.database.schema.tables import consumer_offset, settlement_window
from connectors.database.settlement.reads import balances, disputed, ledger_rows, ledger_summary, transfers_kept
from connectors.database.settlement.windows import WindowStore
from consumers.settlement.books import Balance, Disputed, LedgerSummary
from consumers.settlement.domain.audit import Break, OfficeExposure, audit_anchors, audit_chains, audit_exposure
from consumers.settlement.domain.chain import GENESIS, Chain, Row
from consumers.settlement.handlers import CONSUMER
from consumers.settlement.ports import Opened
from consumers.settlement.refold import KeptPartition
from schemas.topics import LOG_REQUESTS

#: The running sums against the rows: every partition, account and window where they differ.
_SUMS_THAT_DIFFER = text("""
WITH side AS (
    SELECT partition, debit_account AS account, window_number, amount_rial AS debit_rial, 0 AS credit_rial
    FROM ledger_transfer
    UNION ALL
    SELECT partition, credit_account, window_number, 0, amount_rial FROM ledger_transfer
), summed AS (
    SELECT partition, account, window_number, sum(debit_rial) AS debits_rial, sum(credit_rial) AS credits_rial
    FROM side GROUP BY partition, account, window_number
)
SELECT account, partition, window_number
FROM summed FULL JOIN ledger_balance AS kept USING (partition, account, window_number)
WHERE summed.debits_rial IS DISTINCT FROM kept.debits_rial OR summed.credits_rial IS DISTINCT FROM kept.credits_rial
ORDER BY account, partition, window_number
""")
_EXPOSURE = text("""
SELECT office, coalesce(exposure_rial, 0)::bigint, coalesce(reserved_rial, 0), coalesce(cap_rial, 0),
    coalesce(late_cash_rial, 0)
FROM (
    SELECT office, sum(exposure_rial) AS exposure_rial FROM ledger_transfer WHERE office IS NOT NULL GROUP BY office
) AS owed FULL JOIN office_position USING (office)
ORDER BY office
""")

#: Beside the chain: what settlement has passed without entering it. What waits only for its turn is not among it.
_KEPT = text("""
SELECT chain_head, coalesce(chain_count, 0), coalesce(next_position, 0), chain_count IS NOT NULL,
    ARRAY(
        SELECT event_id FROM park_decision AS decided WHERE decided.consumer = kept.consumer
            AND decided.topic = kept.topic AND decided.partition = kept.partition AND outcome = 'skipped'
            AND event_id IS NOT NULL
    ),
    ARRAY(
        SELECT header ->> 1 FROM parked_event AS parked, jsonb_array_elements(headers) AS header
        WHERE parked.consumer = kept.consumer AND parked.topic = kept.topic AND parked.partition = kept.partition
            AND reason = 'failed' AND header ->> 0 = 'ce_id'
    ),
    ARRAY(
        SELECT position FROM dead_letter AS letter WHERE letter.consumer = kept.consumer
            AND letter.topic = kept.topic AND letter.partition = kept.partition
    ),
    (SELECT count(*) FROM ledger_transfer AS row WHERE row.partition = kept.partition)
FROM (VALUES (:consumer, :topic, cast(:partition AS int))) AS kept (consumer, topic, partition)
LEFT JOIN consumer_offset USING (consumer, topic, partition)
""")


def exposures(connection: Connection) -> list[OfficeExposure]:
    """Return every office's exposure by the ledger's rows beside its reservation and cap."""
    return [OfficeExposure(*row) for row in connection.execute(_EXPOSURE)]


def audit(connection: Connection) -> Iterator[str]:
    """Say everything that is wrong with the ledger; says nothing when all is well."""
    yield from audit_sums(connection)
    yield from map(str, audit_rows(connection, ledger_rows(connection)))
    yield from audit_windows(connection)


def audit_sums(connection: Connection) -> Iterator[str]:
    """Say which sums over the rows are not what they must be, or not what is kept."""
    summary = ledger_summary(connection)
    if summary.sum_rial != 0:
        yield f"all accounts add up to {summary.sum_rial} rial, not to zero"
    if summary.held_rial != summary.posted_rial + summary.voided_rial + summary.still_held_rial:
        yield (
            f"held {summary.held_rial} is not posted {summary.posted_rial} + voided {summary.voided_rial} "
            f"+ still held {summary.still_held_rial}"
        )
    for account, partition, window in connection.execute(_SUMS_THAT_DIFFER):
        yield f"account {account}: its running sums in partition {partition}, window {window} are not those of the rows"
    yield from audit_exposure(exposures(connection))


def audit_rows(connection: Connection, rows: Iterator[Row]) -> Iterator[Break]:
    """Say in which partitions `rows`, all of the ledger's in their order, do not make the chains that were kept."""
    kept = {partition: page.chain for partition, page in kept_pages(connection).items()}
    yield from audit_chains(rows, kept, WindowStore(connection).all_cuts())


def audit_windows(connection: Connection) -> Iterator[str]:
    """Say which closed windows' anchors are not those of their cuts."""
    closed = connection.execute(select(settlement_window.c.window_number, settlement_window.c.anchor))
    anchors = {row.window_number: row.anchor for row in closed}
    yield from audit_anchors(anchors, WindowStore(connection).all_cuts())


class SqlLedgerReads:
    """Implements `LedgerReads` on one connection, whose transaction sees one moment (`reads.calm`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def summary(self) -> LedgerSummary:
        """Return the ledger's sums."""
        return ledger_summary(self._connection)

    def balances(self, prefix: str = "") -> Sequence[Balance]:
        """Return the accounts whose name begins with `prefix`."""
        return balances(self._connection, prefix)

    def disputed(self) -> Disputed:
        """Return what is in dispute."""
        return disputed(self._connection)

    def transfers_kept(self) -> int:
        """Return how many transfers the chains cover."""
        return transfers_kept(self._connection)

    def all_rows(self) -> Iterator[Row]:
        """Yield all rows by partition and number."""
        return ledger_rows(self._connection)

    def wrong_sums(self) -> Iterable[str]:
        """Name the sums that are wrong."""
        return audit_sums(self._connection)

    def breaks(self, rows: Iterator[Row]) -> Iterable[Break]:
        """Name where `rows` do not make the chains that were kept."""
        return audit_rows(self._connection, rows)

    def wrong_windows(self) -> Iterable[str]:
        """Name the closed windows whose anchors are wrong."""
        return audit_windows(self._connection)


class SqlBooks:
    """Implements `consumers.settlement.verification.Books` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, partition: int, after: int) -> Iterator[Row]:
        """Yield a partition's rows whose number is not in 1 to `after`, in the order of their numbers."""
        return ledger_rows(self._connection, partition, after)

    def kept(self, partition: int) -> KeptPartition:
        """Return what is kept of a partition beside its rows, and whether anything is."""
        values = {"consumer": CONSUMER, "topic": LOG_REQUESTS.name, "partition": partition}
        head, count, position, known, given_up, parked, passed_over, rows = self._connection.execute(
            _KEPT, values
        ).one()
        aside = (set(given_up), set(parked), set(passed_over))
        return KeptPartition(Chain(head or GENESIS, count), position, *aside, rows, known)


def kept_pages(connection: Connection) -> dict[int, Opened]:
    """Return what is kept of every partition that settlement has a position in."""
    columns = consumer_offset.c
    kept = (columns.partition, columns.chain_head, columns.chain_count, columns.window_number)
    query = select(*kept).where(columns.consumer == CONSUMER)
    return {
        partition: Opened(Chain(head or GENESIS, count), window)
        for partition, head, count, window in connection.execute(query)
    }
