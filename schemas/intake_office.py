"""What a counter office may claim through the gateway, on `pishkhan.intake.offices`.

The office is named by the event's `source` (`/offices/<code>`). A walk-in's `RequestSubmitted` is the agencies' model.
"""

from enum import StrEnum

from schemas.base import Code, DigitText, Event, LongText, PositiveRial, RequestId, ShortText


class DeclineReason(StrEnum):
    """Why an office sends a routed request back."""

    NO_CAPACITY = "no_capacity"
    EQUIPMENT_BROKEN = "equipment_broken"
    OPERATOR_ABSENT = "operator_absent"
    CITIZEN_ABSENT = "citizen_absent"
    OTHER = "other"


class PaymentMethod(StrEnum):
    """How the citizen paid."""

    CASH = "cash"
    POS = "pos"
    GATEWAY = "gateway"


class RequestAccepted(Event):
    """The office takes the request on; its exposure is reserved and the fee held."""

    request_id: RequestId
    operator: Code


class RequestDeclined(Event):
    """The office sends the request back; it is routed again without this office."""

    request_id: RequestId
    reason: DeclineReason
    operator: Code


class FeeCollected(Event):
    """The office took the whole fee in: a fact that makes the office's debt. Amounts are rial."""

    request_id: RequestId
    amount_rial: PositiveRial
    method: PaymentMethod
    receipt_number: ShortText
    pos_reference: DigitText | None = None
    operator: Code


class FeeReturned(Event):
    """The office gave money back to the citizen, after a refund fell due."""

    request_id: RequestId
    amount_rial: PositiveRial
    receipt_number: ShortText
    operator: Code


class ServiceStarted(Event):
    """The office began the work."""

    request_id: RequestId
    operator: Code


class AgencyAwaited(Event):
    """The office asked the agency and waits for its answer."""

    request_id: RequestId
    question: LongText | None = None
    operator: Code


class ServiceDelivered(Event):
    """The citizen has what was asked for."""

    request_id: RequestId
    operator: Code
