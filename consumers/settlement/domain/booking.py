"""What one event makes the ledger do: its transfers, what it says on the settlement's log, what it frees and earns."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from schemas.identity import NAMESPACE
from schemas.log_settlement import LedgerEvent


class BookingKind(StrEnum):
    """What a business transaction is; every transfer of it carries this."""

    HOLD = "hold"
    COLLECT = "collect"
    POST = "post"
    VOID = "void"
    RETURN = "return"
    LATE_CASH = "late_cash"
    REFUND = "refund"
    OFFICE_PAYMENT = "office_payment"
    FINE = "fine"
    FINE_LIFTED = "fine_lifted"
    CORRECTION = "correction"


def transaction_id_of(event_id: str) -> UUID:
    """Return the business transaction's identity: derived from the log event's id, so the same in every replay."""
    return uuid5(NAMESPACE, f"/bus|{event_id}|0")


class Transfer(NamedTuple):
    """One ledger row: `amount_rial` > 0 from the credited account to the debited one, which differ."""

    debit: str
    credit: str
    amount_rial: int


@dataclass(frozen=True, slots=True)
class Booking:
    """One business transaction.

    `exposure_rial` is the signed change of what `office` owes under its cap: growth was reserved when the request was
    accepted, shrinkage frees the reservation. `income_rial` is the signed change of the office's own income. Of what is
    freed, `late_cash_rial` was reserved for late cash.
    """

    kind: BookingKind
    transfers: tuple[Transfer, ...]
    announcement: LedgerEvent
    office: str | None = None
    exposure_rial: int = 0
    income_rial: int = 0
    late_cash_rial: int = 0

    @property
    def released_rial(self) -> int:
        """What of the office's reservation this transaction frees."""
        return max(0, -self.exposure_rial)
