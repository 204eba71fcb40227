"""Everything that can be checked of the ledger, in one consistent view of the database."""

from collections.abc import Iterator

from sqlalchemy import Connection, select, text

from connectors.database.ledger_reads import ledger_rows, ledger_summary
from connectors.database.ledger_windows import WindowStore
from connectors.database.tables import consumer_offset, settlement_window
from consumers.settlement.domain.audit import OfficeExposure, audit_anchors, audit_chains, audit_exposure
from consumers.settlement.domain.chain import GENESIS, Chain, Row
from consumers.settlement.handlers import CONSUMER

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


def exposures(connection: Connection) -> list[OfficeExposure]:
    """Return every office's exposure by the ledger's rows beside its reservation and cap."""
    return [OfficeExposure(*row) for row in connection.execute(_EXPOSURE)]


def audit(connection: Connection, rows: Iterator[Row] | None = None) -> Iterator[str]:
    """Say everything that is wrong with the ledger; says nothing when all is well.

    Give a connection in REPEATABLE READ, or a running worker makes rows and sums look apart. `rows` may be given to
    watch the reading.
    """
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
    cuts = WindowStore(connection).all_cuts()
    yield from audit_chains(ledger_rows(connection) if rows is None else rows, _kept_chains(connection), cuts)
    closed = connection.execute(select(settlement_window.c.window_number, settlement_window.c.anchor))
    yield from audit_anchors({row.window_number: row.anchor for row in closed}, cuts)


def _kept_chains(connection: Connection) -> dict[int, Chain]:
    columns = consumer_offset.c
    query = select(columns.partition, columns.chain_head, columns.chain_count).where(columns.consumer == CONSUMER)
    return {partition: Chain(head or GENESIS, count) for partition, head, count in connection.execute(query)}
