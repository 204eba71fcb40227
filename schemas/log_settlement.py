"""The settlement's log: what the ledger has written, window by window. Amounts are rial."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.agreements import SettlementCycle
from schemas.base import (
    Code,
    Count,
    Event,
    Instant,
    PositiveRial,
    RequestId,
    Rial,
    ShortText,
    SignedRial,
    Version,
    WindowNumber,
)
from schemas.tariff import Leg


class LedgerEvent(Event):
    """What every ledger event carries: its business transaction and the window that it counts in."""

    transaction_id: UUID
    window: WindowNumber


class RequestLedgerEvent(LedgerEvent):
    """What every ledger event about a request carries; the agreement's terms are those of the event that caused it."""

    request_id: RequestId
    office: Code
    agreement: Code | None = None
    agreement_version: Version | None = None
    settlement_cycle: SettlementCycle | None = None


class FeeHeld(RequestLedgerEvent):
    """A fee is held from acceptance on."""

    amount_rial: PositiveRial


class CollectionRecorded(RequestLedgerEvent):
    """The citizen's money lies in the office's drawer, or with the agency's gateway."""

    amount_rial: PositiveRial


class ReturnRecorded(RequestLedgerEvent):
    """Money left the office's drawer for the citizen; the office's reservation shrinks by `released_rial`.

    Of that, `late_cash_rial` was reserved for late cash, beyond the cap.
    """

    amount_rial: PositiveRial
    released_rial: Rial
    late_cash_rial: Rial = 0


class LateCashRecorded(RequestLedgerEvent):
    """Money lies in the office's drawer that was taken after the request had ended: it is due back to the citizen."""

    amount_rial: PositiveRial


class FeePosted(RequestLedgerEvent):
    """The held fee was divided; `office_income_rial` is the office's own part."""

    amount_rial: PositiveRial
    legs: tuple[Leg, ...]
    office_income_rial: Rial
    released_rial: Rial


class FeeVoided(RequestLedgerEvent):
    """The held fee was let go; `due_to_citizen_rial` is what was collected and must go back."""

    amount_rial: PositiveRial
    due_to_citizen_rial: Rial
    released_rial: Rial


class FeeRefunded(RequestLedgerEvent):
    """Posted legs were reversed; `office_income_rial` is what the office gave back of its own part."""

    amount_rial: PositiveRial
    legs: tuple[Leg, ...]
    office_income_rial: Rial


class OfficePaymentRecorded(LedgerEvent):
    """An office's payment reached the ledger; its reservation shrinks by `released_rial`."""

    office: Code
    amount_rial: PositiveRial
    reference: ShortText
    released_rial: Rial


class FineRecorded(LedgerEvent):
    """A fine, or its lifting, reached the ledger."""

    fine_id: UUID
    office: Code
    amount_rial: PositiveRial
    lifted: bool


class CorrectionRecorded(LedgerEvent):
    """A correcting transfer reached the ledger."""

    debit_account: ShortText
    credit_account: ShortText
    amount_rial: PositiveRial


class WindowClosed(Event):
    """Every partition has passed the window's marker; `chain_anchor_sha256` covers all heads and counts."""

    window: WindowNumber
    closed_at: Instant
    transfers: Count
    posted_rial: Count
    refunded_rial: Count
    chain_anchor_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class StatementIssued(Event):
    """One account's window: opening + debits - credits = closing; debit is positive, payments are movements too."""

    window: WindowNumber
    account: ShortText
    opening_rial: SignedRial
    debits_rial: Count
    credits_rial: Count
    closing_rial: SignedRial
