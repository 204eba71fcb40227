"""What the ledger must hold for one event, as a comparison needs it."""

from typing import NamedTuple
from uuid import UUID

from consumers.settlement.domain.booking import transaction_id_of
from consumers.settlement.domain.fold import books, fold
from schemas.decode import events_by_type, parse
from schemas.topics import LOG_REQUESTS


class ExpectedRow(NamedTuple):
    """One row as the ledger must hold it, but for its place and window."""

    kind: str
    debit: str
    credit: str
    amount_rial: int


class Expected(NamedTuple):
    """One business transaction and all its rows."""

    transaction_id: UUID
    rows: tuple[ExpectedRow, ...]


def expected_of(event_type: str, event_id: str, body: bytes) -> Expected | None:
    """Return what an event of the requests' log makes the ledger hold; none when it moves no money.

    Raises `EventInvalid`.
    """
    if not books(event_type):
        return None
    transaction_id = transaction_id_of(event_id)
    # The window decides nothing of the rows that is compared.
    booking = fold(parse(events_by_type(LOG_REQUESTS)[event_type], body), transaction_id, 1)
    if booking is None:
        return None
    rows = (ExpectedRow(booking.kind.value, *transfer) for transfer in booking.transfers)
    return Expected(transaction_id, tuple(rows))
