"""Cash that an office took although the request had ended: a fact, and all of it is owed back to the citizen.

What the office says of it is refused only when it cannot be so: twice the same receipt, or far more than anybody pays.
"""

from consumers.requests.domain.fees.tariff import citizen_total_rial
from consumers.requests.domain.life.cash import as_taken, card_objection
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.outcome import Outcome, Refuse, applied
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.life.terms import money_terms
from schemas.intake_office import FeeCollected, PaymentMethod
from schemas.late_cash import LateCashTaken
from schemas.log_requests import ClaimRefusal

#: Late cash for one request may be so many times its fee, in all; more is taken for a typing error.
FEES_MAX = 10
#: At least this much, in rial: also where there was no fee.
FLOOR_RIAL = 10_000_000
#: So many receipts one request may have.
RECEIPTS_MAX = 20


def take_late(state: RequestState, claim: FeeCollected, context: Context) -> Outcome:
    """Record late cash, whatever the fee is, and reserve all of it for the office, beyond its cap if need be."""
    refused = _objection(state, claim)
    if refused is not None:
        return refused
    taken = LateCashTaken(
        request_id=state.request_id,
        office=state.holder(),
        **as_taken(claim),
        **money_terms(state, context.world),
    )
    return applied(
        state,
        taken,
        collected_rial=state.collected_rial + claim.amount_rial,
        late_cash_rial=state.late_cash_rial + claim.amount_rial,
        receipts=(*state.receipts, claim.receipt_number),
    )


def freed_of(state: RequestState, amount_rial: int) -> tuple[int, int]:
    """Return what a return of `amount_rial` frees: of late cash's reservation, which is first, and of acceptance's."""
    late_rial = min(amount_rial, state.late_cash_rial - state.late_freed_rial)
    return late_rial, min(amount_rial - late_rial, state.exposure_rial - state.freed_rial)


def _objection(state: RequestState, claim: FeeCollected) -> Refuse | None:
    if claim.method is PaymentMethod.GATEWAY:
        return Refuse(
            ClaimRefusal.METHOD_DIFFERS,
            "method: what the agency's gateway took in is not with the office; ask the agency",
        )
    incomplete = card_objection(claim)
    if incomplete is not None:
        return incomplete
    if claim.receipt_number in state.receipts:
        return Refuse(
            ClaimRefusal.STATE_FORBIDS,
            "receipt_number: what was taken under it is recorded already; give it back, and say so with FeeReturned",
        )
    if len(state.receipts) >= RECEIPTS_MAX:
        return Refuse(
            ClaimRefusal.STATE_FORBIDS,
            f"the request has {RECEIPTS_MAX} receipts already; give back what was taken, and ask the directorate",
        )
    fee_rial = 0 if state.fee is None else citizen_total_rial(state.fee)
    limit_rial = max(FLOOR_RIAL, FEES_MAX * fee_rial)
    if state.late_cash_rial + claim.amount_rial > limit_rial:
        return Refuse(
            ClaimRefusal.AMOUNT_DIFFERS,
            f"amount_rial: with {claim.amount_rial} more than {limit_rial} rial would have been taken after the end of "
            "this request; correct the amount",
        )
    return None
