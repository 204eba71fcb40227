"""The ledger, read: by people, by the demonstration's summary, and by auditors who add it up themselves."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, or_, select, text

from connectors.database.schema.tables import consumer_offset, ledger_transfer
from consumers.settlement.books import Balance, Disputed, LedgerSummary
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.domain.chain import Row
from consumers.settlement.handlers import CONSUMER
from consumers.settlement.statement import KindMovement
from schemas.accounts import SUSPENSE

#: A reader may take its time, and all that it reads is of one moment.
_CALM = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
#: Rows in memory at a time while all are read.
CHUNK_ROWS = 5_000

#: What is still held is summed up by itself, from the requests' movements of suspense, and not derived from the others.
_SUMMARY = text("""
WITH side AS (
    SELECT debit_account AS account, amount_rial FROM ledger_transfer
    UNION ALL SELECT credit_account, -amount_rial FROM ledger_transfer
), balance AS (
    SELECT account, sum(amount_rial) AS rial FROM side GROUP BY account
)
SELECT
    coalesce(sum(amount_rial) FILTER (WHERE kind = :hold AND credit_account = :suspense), 0)::bigint AS held_rial,
    coalesce(sum(amount_rial) FILTER (WHERE kind = :post AND debit_account = :suspense), 0)::bigint AS posted_rial,
    coalesce(sum(amount_rial) FILTER (WHERE kind = :void AND debit_account = :suspense), 0)::bigint AS voided_rial,
    coalesce(sum(CASE WHEN credit_account = :suspense THEN amount_rial ELSE -amount_rial END)
        FILTER (WHERE request_id IS NOT NULL AND :suspense IN (debit_account, credit_account)), 0)::bigint
        AS still_held_rial,
    coalesce((SELECT sum(rial) FROM balance), 0)::bigint AS sum_rial
FROM ledger_transfer
""")

_BALANCES = text("""
SELECT account, sum(debit_rial)::bigint AS debits_rial, sum(credit_rial)::bigint AS credits_rial
FROM (
    SELECT debit_account AS account, amount_rial AS debit_rial, 0 AS credit_rial FROM ledger_transfer
    UNION ALL SELECT credit_account, 0, amount_rial FROM ledger_transfer
) AS side
WHERE starts_with(account, :prefix) GROUP BY account ORDER BY account
""")

_KINDS = text("""
SELECT kind,
    coalesce(sum(amount_rial) FILTER (WHERE debit_account = :account), 0)::bigint AS debits_rial,
    coalesce(sum(amount_rial) FILTER (WHERE credit_account = :account), 0)::bigint AS credits_rial
FROM ledger_transfer
WHERE window_number = :window AND :account IN (debit_account, credit_account)
GROUP BY kind ORDER BY kind
""")

_DISPUTED = text("""
SELECT count(DISTINCT dispute.request_id), coalesce(sum(amount_rial), 0)::bigint
FROM ledger_dispute AS dispute
LEFT JOIN ledger_transfer AS row
    ON row.request_id = dispute.request_id AND row.kind = :post AND row.debit_account = :suspense
WHERE dispute.open
""")


def calm(connection: Connection) -> None:
    """Let the transaction, of which nothing was read yet, see one moment and take its time."""
    for setting in _CALM:
        connection.execute(text(setting))


def ledger_summary(connection: Connection) -> LedgerSummary:
    """Return the ledger's sums, as of one moment."""
    kinds = {
        "hold": BookingKind.HOLD.value,
        "post": BookingKind.POST.value,
        "void": BookingKind.VOID.value,
        "suspense": SUSPENSE,
    }
    return LedgerSummary(*connection.execute(_SUMMARY, kinds).one())


def balances(connection: Connection, prefix: str = "") -> list[Balance]:
    """Return the accounts whose name begins with `prefix`, in the order of their names."""
    return [Balance(*row) for row in connection.execute(_BALANCES, {"prefix": prefix})]


def movements_by_kind(connection: Connection, account: str, window: int) -> list[KindMovement]:
    """Return what each kind of transaction moved on `account` in `window`."""
    return [KindMovement(*row) for row in connection.execute(_KINDS, {"account": account, "window": window})]


def disputed(connection: Connection) -> Disputed:
    """Return what is in dispute now."""
    return Disputed(*connection.execute(_DISPUTED, {"post": BookingKind.POST.value, "suspense": SUSPENSE}).one())


def transfers_kept(connection: Connection) -> int:
    """Return how many transfers the chains cover: cheap, for a progress bar."""
    counts = select(func.coalesce(func.sum(consumer_offset.c.chain_count), 0))
    return int(connection.execute(counts.where(consumer_offset.c.consumer == CONSUMER)).scalar_one())


def ledger_rows(connection: Connection, partition: int | None = None, after: int = 0) -> Iterator[Row]:
    """Yield all rows by partition and number, through a cursor of the server: memory does not grow with the ledger.

    Of one `partition` those are left out whose number is in 1 to `after`.
    """
    columns = [ledger_transfer.c[name] for name in Row._fields]
    query = select(*columns).order_by(ledger_transfer.c.partition, ledger_transfer.c.number)
    if partition is not None:
        number = ledger_transfer.c.number
        query = query.where(ledger_transfer.c.partition == partition, or_(number > after, number < 1))
    for row in connection.execute(query, execution_options={"yield_per": CHUNK_ROWS}):
        yield Row(*row)
