"""What holds of money that an office says it took, in time or late."""

from typing import Any

from consumers.requests.domain.life.outcome import Refuse
from schemas.intake_office import FeeCollected, PaymentMethod
from schemas.log_requests import ClaimRefusal


def card_objection(claim: FeeCollected) -> Refuse | None:
    """Return why a card payment is not whole; none when it is, or when it is none."""
    if claim.method is PaymentMethod.POS and claim.pos_reference is None:
        return Refuse(ClaimRefusal.METHOD_DIFFERS, "pos_reference: is missing; a card payment has one")
    return None


def as_taken(claim: FeeCollected) -> dict[str, Any]:
    """Return the fields that the log's event has from the claim: amount in rial, method, receipt, reference."""
    return {
        "amount_rial": claim.amount_rial,
        "method": claim.method,
        "receipt_number": claim.receipt_number,
        "pos_reference": claim.pos_reference,
    }
