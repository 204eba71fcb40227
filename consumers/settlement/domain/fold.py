"""From an event of the requests' log to the ledger: one function per event, from the event alone.

Nothing is looked up and nothing is refused: whatever could refuse (headroom, amounts, order) was decided before the
event reached the log. So the ledger can be computed again from the log, to the same rows.
"""

from collections.abc import Callable
from typing import TypedDict
from uuid import UUID

from consumers.settlement.domain import fees, reversal
from consumers.settlement.domain.booking import Booking, BookingKind, Transfer
from schemas import accounts
from schemas import log_requests as log
from schemas import log_settlement as ledger
from schemas.agreements import SettlementCycle
from schemas.base import Event
from schemas.late_cash import LateCashTaken
from schemas.trusted import trusted


def fold(event: Event, transaction_id: UUID, window: int) -> Booking | None:
    """Return what `event` makes the ledger do in settlement window `window`; none when it moves no money.

    `transaction_id` is the business transaction's identity; the same event must always bring the same one.
    """
    book = _BOOKINGS.get(type(event))
    return None if book is None else book(event, transaction_id, window)


def books(event_type: str) -> bool:
    """Say, by CloudEvents type, whether an event can move money, so that a reader need not decode the others."""
    return event_type in _TYPES


def _hold(event: log.OfficeAccepted, transaction_id: UUID, window: int) -> Booking | None:
    transfers = fees.hold(event.fee, event.agency)
    if not transfers:
        return None
    announcement = trusted(
        ledger.FeeHeld,
        {
            "transaction_id": transaction_id,
            "window": window,
            "request_id": event.request_id,
            "office": event.office,
            **_terms(event),
            "amount_rial": sum([transfer.amount_rial for transfer in transfers]),
        },
    )
    return Booking(BookingKind.HOLD, transfers, announcement, event.office, event.exposure_rial)


def _collect(event: log.OfficeCollectedFee, transaction_id: UUID, window: int) -> Booking:
    announcement = ledger.CollectionRecorded(
        transaction_id=transaction_id,
        window=window,
        request_id=event.request_id,
        office=event.office,
        amount_rial=event.amount_rial,
        **_terms(event),
    )
    transfer = Transfer(accounts.drawer(event.office), accounts.CITIZENS, event.amount_rial)
    return Booking(BookingKind.COLLECT, (transfer,), announcement, event.office)


def _return(event: log.OfficeReturnedFee, transaction_id: UUID, window: int) -> Booking:
    announcement = ledger.ReturnRecorded(
        transaction_id=transaction_id,
        window=window,
        request_id=event.request_id,
        office=event.office,
        amount_rial=event.amount_rial,
        released_rial=event.exposure_rial,
        late_cash_rial=event.late_cash_rial,
        **_terms(event),
    )
    transfer = Transfer(accounts.REFUNDS, accounts.drawer(event.office), event.amount_rial)
    return Booking(
        BookingKind.RETURN,
        (transfer,),
        announcement,
        event.office,
        -event.exposure_rial,
        late_cash_rial=event.late_cash_rial,
    )


def _take_late(event: LateCashTaken, transaction_id: UUID, window: int) -> Booking:
    """Book money that was collected after the end: it is in the drawer, and is the citizen's."""
    announcement = ledger.LateCashRecorded(
        transaction_id=transaction_id,
        window=window,
        request_id=event.request_id,
        office=event.office,
        amount_rial=event.amount_rial,
        **_terms(event),
    )
    transfer = Transfer(accounts.drawer(event.office), accounts.REFUNDS, event.amount_rial)
    return Booking(BookingKind.LATE_CASH, (transfer,), announcement, event.office, event.amount_rial)


def _post(event: log.RequestCompleted, transaction_id: UUID, window: int) -> Booking | None:
    transfers = fees.post(event.fee, event.agency)
    if not transfers:
        return None
    legs = tuple([leg for line in event.fee.lines for leg in line.legs])
    income_rial = fees.office_income_rial(event.fee)
    announcement = trusted(
        ledger.FeePosted,
        {
            "transaction_id": transaction_id,
            "window": window,
            "request_id": event.request_id,
            "office": event.office,
            **_terms(event),
            "amount_rial": sum([leg.amount_rial for leg in legs]),
            "legs": legs,
            "office_income_rial": income_rial,
            # The office still has the others' parts in its drawer until it pays them in.
            "released_rial": 0,
        },
    )
    return Booking(BookingKind.POST, transfers, announcement, event.office, 0, income_rial)


def _void(event: log.RequestClosed, transaction_id: UUID, window: int) -> Booking | None:
    if event.fee is None or event.office is None:
        return None
    transfers = fees.void(event.fee, event.agency, event.collected_rial)
    if not transfers:
        return None
    # Collected money stays in the drawer, and reserved, until it is given back.
    released_rial = 0 if event.collected_rial else event.exposure_rial
    announcement = ledger.FeeVoided(
        transaction_id=transaction_id,
        window=window,
        request_id=event.request_id,
        office=event.office,
        amount_rial=sum(transfer.amount_rial for transfer in transfers if transfer.debit == accounts.SUSPENSE),
        due_to_citizen_rial=event.collected_rial,
        released_rial=released_rial,
        **_terms(event),
    )
    return Booking(BookingKind.VOID, transfers, announcement, event.office, -released_rial)


def _refund(event: log.RefundAccepted, transaction_id: UUID, window: int) -> Booking | None:
    reversed_legs = reversal.reverse(event.fee, event.agency, event.refunds_before_rial, event.amount_rial)
    if not reversed_legs:
        return None
    income_rial = reversal.office_income_rial(reversed_legs)
    announcement = ledger.FeeRefunded(
        transaction_id=transaction_id,
        window=window,
        request_id=event.request_id,
        office=event.office,
        amount_rial=sum(part.amount_rial for part in reversed_legs),
        legs=tuple(part.leg.model_copy(update={"amount_rial": part.amount_rial}) for part in reversed_legs),
        office_income_rial=income_rial,
        **_terms(event),
    )
    return Booking(BookingKind.REFUND, reversal.transfers(reversed_legs), announcement, event.office, 0, -income_rial)


class _Terms(TypedDict):
    agreement: str | None
    agreement_version: int | None
    settlement_cycle: SettlementCycle | None


def _terms(event: log.OfficeAccepted | log.RequestMoneyEvent) -> _Terms:
    """Return what the ledger's event carries of the agreement: what its cause carries, nothing more."""
    return {
        "agreement": event.agreement,
        "agreement_version": event.agreement_version,
        "settlement_cycle": event.settlement_cycle,
    }


def _office_payment(event: log.OfficePaymentAccepted, transaction_id: UUID, window: int) -> Booking:
    announcement = ledger.OfficePaymentRecorded(
        transaction_id=transaction_id,
        window=window,
        office=event.office,
        amount_rial=event.amount_rial,
        reference=event.reference,
        released_rial=event.amount_rial,
    )
    transfer = Transfer(accounts.SETTLEMENT_BANK, accounts.drawer(event.office), event.amount_rial)
    return Booking(BookingKind.OFFICE_PAYMENT, (transfer,), announcement, event.office, -event.amount_rial)


def _fine(event: log.FineAccepted, transaction_id: UUID, window: int) -> Booking:
    announcement = ledger.FineRecorded(
        transaction_id=transaction_id,
        window=window,
        fine_id=event.fine_id,
        office=event.office,
        amount_rial=event.amount_rial,
        lifted=event.lifted,
    )
    imposed = Transfer(accounts.office(event.office), accounts.DIRECTORATE, event.amount_rial)
    lifted = Transfer(accounts.DIRECTORATE, accounts.office(event.office), event.amount_rial)
    if event.lifted:
        return Booking(BookingKind.FINE_LIFTED, (lifted,), announcement, event.office)
    return Booking(BookingKind.FINE, (imposed,), announcement, event.office)


def _correction(event: log.CorrectionAccepted, transaction_id: UUID, window: int) -> Booking | None:
    if event.debit_account == event.credit_account:
        return None
    announcement = ledger.CorrectionRecorded(
        transaction_id=transaction_id,
        window=window,
        debit_account=event.debit_account,
        credit_account=event.credit_account,
        amount_rial=event.amount_rial,
    )
    return Booking(
        BookingKind.CORRECTION,
        (Transfer(event.debit_account, event.credit_account, event.amount_rial),),
        announcement,
    )


#: Every event that moves money. Disputes move none: they keep posted legs out of settlement runs.
_BOOKINGS: dict[type[Event], Callable[..., Booking | None]] = {
    log.OfficeAccepted: _hold,
    log.OfficeCollectedFee: _collect,
    log.OfficeReturnedFee: _return,
    LateCashTaken: _take_late,
    log.RequestCompleted: _post,
    log.RequestClosed: _void,
    log.RefundAccepted: _refund,
    log.OfficePaymentAccepted: _office_payment,
    log.FineAccepted: _fine,
    log.CorrectionAccepted: _correction,
}
_TYPES = frozenset(model.type_name() for model in _BOOKINGS)
