"""What the agency, the directorate and time do to a running request, and what may still happen to an ended one."""

from consumers.requests.domain.fees.tariff import citizen_total_rial
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.early import say_first
from consumers.requests.domain.life.outcome import Outcome, Refuse, applied
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal
from consumers.requests.domain.life.terms import money_terms
from schemas.intake_agency import AgencyAnswered, Answer, RequestCancelled
from schemas.intake_directorate import DisputeOpened, DisputeResolved, RefundOrdered
from schemas.log_requests import (
    AgencyReplied,
    ClaimRefusal,
    CloseReason,
    DisputeMarked,
    RefundAccepted,
    RequestClosed,
)

_STAGE_OF = {
    CloseReason.CANCELLED: RequestStage.CANCELLED,
    CloseReason.REJECTED: RequestStage.REJECTED,
    CloseReason.EXPIRED: RequestStage.EXPIRED,
}


def answer(state: RequestState, claim: AgencyAnswered, context: Context) -> Outcome:
    """Take the agency's answer: work continues, or the request ends as rejected."""
    replied = AgencyReplied(
        request_id=state.request_id,
        agency=state.owner(),
        answer=claim.answer,
        document_wanted=claim.document_wanted,
    )
    if claim.answer is Answer.REJECTED:
        closed = _closed(state, CloseReason.REJECTED, context)
        return applied(state, replied, closed, stage=RequestStage.REJECTED, accept_by=None, expires_at=None)
    return applied(
        state,
        replied,
        stage=RequestStage.STARTED,
        approved=claim.answer is Answer.APPROVED,
        document_wanted=claim.document_wanted,
    )


def cancel(state: RequestState, _: RequestCancelled, context: Context) -> Outcome:
    """End the case at the agency's or the citizen's wish."""
    return _close(state, CloseReason.CANCELLED, context)


def expire(state: RequestState, _: Signal, context: Context) -> Outcome:
    """End a case that nobody finished in time."""
    return _close(state, CloseReason.EXPIRED, context)


def refund(state: RequestState, claim: RefundOrdered, context: Context) -> Outcome:
    """Order a completed request's fee back, up to what the citizen's lines posted."""
    fee = state.held_fee()
    left = citizen_total_rial(fee) - sum(state.refunds_rial)
    if claim.amount_rial > left:
        return Refuse(
            ClaimRefusal.MORE_THAN_POSTED,
            f"amount_rial: is {claim.amount_rial}, of what the citizen paid {left} rial can still be refunded",
        )
    accepted = RefundAccepted(
        request_id=state.request_id,
        office=state.holder(),
        agency=state.owner(),
        fee=fee,
        amount_rial=claim.amount_rial,
        refunds_before_rial=state.refunds_rial,
        reason=claim.reason,
        **money_terms(state, context.world),
    )
    return applied(state, accepted, refunds_rial=(*state.refunds_rial, claim.amount_rial))


def dispute(state: RequestState, claim: DisputeOpened, _: Context) -> Outcome:
    """Mark a completed request's legs as disputed."""
    if state.disputed:
        return Refuse(ClaimRefusal.STATE_FORBIDS, "a dispute is open already")
    marked = DisputeMarked(request_id=state.request_id, open=True, reason=claim.reason)
    return applied(state, marked, disputed=True)


def resolve(state: RequestState, claim: DisputeResolved, context: Context) -> Outcome:
    """Lift the mark again."""
    if not state.disputed:
        return say_first(DisputeOpened, state, context)
    marked = DisputeMarked(request_id=state.request_id, open=False, reason=claim.outcome)
    return applied(state, marked, disputed=False)


def _close(state: RequestState, reason: CloseReason, context: Context) -> Outcome:
    closed = _closed(state, reason, context)
    return applied(state, closed, stage=_STAGE_OF[reason], accept_by=None, expires_at=None)


def _closed(state: RequestState, reason: CloseReason, context: Context) -> RequestClosed:
    return RequestClosed(
        request_id=state.request_id,
        reason=reason,
        office=state.office,
        agency=state.owner(),
        service=state.asked().service,
        fee=state.fee,
        collected_rial=state.collected_rial,
        exposure_rial=state.exposure_rial,
        share_of=state.share_of,
        intake_unread=context.intake_unread,
        # Where no office had accepted, no money was held.
        **({} if state.fee is None else money_terms(state, context.world)),
    )
