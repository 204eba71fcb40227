"""What the directorate may claim through the gateway, on `pishkhan.intake.directorate`."""

from uuid import UUID

from schemas.agreements import Agreement
from schemas.base import Code, Event, Instant, LongText, PositiveRial, RequestId, ShortText, WindowNumber
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory


class OfficeLicensed(Event):
    """A new office with its licence."""

    office: Office


class OfficeChanged(Event):
    """The next version of a known office."""

    office: Office


class OfficeSuspended(Event):
    """A licence is suspended from `valid_from` by a decision of the working group."""

    office: Code
    valid_from: Instant
    minutes_number: ShortText
    reason: LongText


class AgreementChanged(Event):
    """A version of an agreement as negotiated; a `signed` one becomes active only when the agency confirms it."""

    agreement: Agreement


class PolicyChanged(Event):
    """The next version of the routing and time policy."""

    policy: Policy


class CalendarChanged(Event):
    """The next version of a working calendar."""

    calendar: Calendar


class TerritoryChanged(Event):
    """The next version of the province's counties and cities."""

    territory: Territory


class OfficePaid(Event):
    """An office paid into the settlement account what it owed; the reference is the bank's."""

    office: Code
    amount_rial: PositiveRial
    reference: ShortText


class RefundOrdered(Event):
    """A completed request's fee is to be given back, up to what was posted."""

    request_id: RequestId
    amount_rial: PositiveRial
    reason: LongText


class CorrectionOrdered(Event):
    """One correcting transfer between two ledger accounts, by a decision on record."""

    debit_account: ShortText
    credit_account: ShortText
    amount_rial: PositiveRial
    minutes_number: ShortText
    reason: LongText


class FineImposed(Event):
    """The working group fines an office."""

    fine_id: UUID
    office: Code
    amount_rial: PositiveRial
    minutes_number: ShortText


class FineLifted(Event):
    """A fine is lifted after an appeal."""

    fine_id: UUID
    office: Code
    amount_rial: PositiveRial
    minutes_number: ShortText


class DisputeOpened(Event):
    """A request's posted legs are disputed: they stay out of settlement runs until resolved."""

    request_id: RequestId
    reason: LongText


class DisputeResolved(Event):
    """The dispute is over; its outcome, if money moves, is a refund or correction of its own."""

    request_id: RequestId
    outcome: LongText


class WindowCloseRequested(Event):
    """Close the open settlement window; `window` is its number, so that a repeated request closes nothing twice."""

    window: WindowNumber
