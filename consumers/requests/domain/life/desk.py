"""What the office that holds a request does: accept, take the fee, start, ask the agency, deliver, give money back."""

from datetime import timedelta

from consumers.requests.domain.fees.tariff import Parties, compute_fee, exposure_rial
from consumers.requests.domain.life.cash import as_taken, card_objection
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.early import owes_collection, say_first, wait_for
from consumers.requests.domain.life.late_cash import freed_of
from consumers.requests.domain.life.outcome import Awaited, Outcome, Refuse, applied
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.domain.life.terms import money_terms
from consumers.requests.domain.registry.calendar import NeverOpen
from schemas.intake_directorate import RefundOrdered
from schemas.intake_office import (
    AgencyAwaited,
    FeeCollected,
    FeeReturned,
    PaymentMethod,
    RequestAccepted,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.log_requests import (
    AgencyAsked,
    ClaimRefusal,
    OfficeAccepted,
    OfficeCollectedFee,
    OfficeDelivered,
    OfficeReturnedFee,
    OfficeStarted,
    RequestCompleted,
)
from schemas.tariff import Collector, Fee, Payer

_METHODS = {Collector.OFFICE_CASH: PaymentMethod.CASH, Collector.OFFICE_POS: PaymentMethod.POS}


def accept(state: RequestState, claim: RequestAccepted, context: Context) -> Outcome:
    """Take the request on: compute the fee, and reserve what the office will owe, within its cap."""
    asked, office, agency = state.asked(), state.holder(), state.owner()
    agreement = state.agreement
    assert agreement is not None, "a routed request has an agreement"
    world = context.world
    terms = world.terms(agreement, state.agreement_version, asked.service)
    assert terms is not None, "a running request keeps its agreement's version"
    fee = compute_fee(terms.tariff, asked.form, Parties(office, agency))
    exposure = exposure_rial(fee)
    headroom = world.headroom(office, context.moment)
    if headroom.late_cash_rial:
        return Refuse(
            ClaimRefusal.CAP_EXHAUSTED,
            f"{headroom.late_cash_rial} rial that were taken after requests had ended are still to be given back to "
            "citizens; give them back first, then accept again, or decline",
        )
    if headroom.reserved_rial + exposure > headroom.cap_rial:
        return Refuse(
            ClaimRefusal.CAP_EXHAUSTED,
            f"{exposure} rial would be owed on top of {headroom.reserved_rial} already reserved, beyond the cap of "
            f"{headroom.cap_rial}; pay in what is owed, then accept again, or decline",
        )
    snapshot = world.snapshot(context.moment)
    assert snapshot.policy is not None, "a request was routed, so a policy was in force"
    expires_at = context.now + timedelta(seconds=snapshot.policy.expiry_seconds)
    try:
        schedule = snapshot.agency_schedule(agency)
        due_at = schedule.after_working(context.moment, terms.sla_working_hours * 3600)
    except NeverOpen:
        # An agency that never works again cannot be late before the request itself expires.
        due_at = expires_at
    accepted = OfficeAccepted(
        request_id=state.request_id,
        office=office,
        agency=agency,
        service=asked.service,
        service_version=state.service_version,
        agreement=agreement,
        agreement_version=state.agreement_version,
        settlement_cycle=world.settlement_cycle(agreement, state.agreement_version),
        operator=claim.operator,
        fee=fee,
        exposure_rial=exposure,
        due_at=due_at,
        expires_at=expires_at,
    )
    return applied(
        state,
        accepted,
        stage=RequestStage.ACCEPTED,
        fee=fee,
        exposure_rial=exposure,
        accept_by=None,
        expires_at=expires_at,
    )


def collect(state: RequestState, claim: FeeCollected, context: Context) -> Outcome:
    """Take cash as a fact: the whole fee that the office collects, by the tariff's method."""
    fee = state.held_fee()
    due = fee.office_collects_rial
    if due == 0:
        return Refuse(ClaimRefusal.NOTHING_TO_COLLECT, "the fee has no line that the office collects")
    if claim.amount_rial != due:
        return Refuse(
            ClaimRefusal.AMOUNT_DIFFERS, f"amount_rial: is {claim.amount_rial}, the fee to collect is {due} rial"
        )
    allowed = _methods(fee)
    if claim.method not in allowed:
        return Refuse(ClaimRefusal.METHOD_DIFFERS, f"method: must be {' or '.join(sorted(allowed))} by the tariff")
    incomplete = card_objection(claim)
    if incomplete is not None:
        return incomplete
    collected = OfficeCollectedFee(
        request_id=state.request_id,
        office=state.holder(),
        **as_taken(claim),
        **money_terms(state, context.world),
    )
    return applied(
        state,
        collected,
        stage=RequestStage.FEE_COLLECTED,
        collected_rial=claim.amount_rial,
        receipts=(claim.receipt_number,),
    )


def collect_late(state: RequestState, _: FeeCollected, __: Context) -> Outcome:
    """Refuse a collection after work began: there was nothing to collect, or it was collected before."""
    if state.held_fee().office_collects_rial == 0:
        return Refuse(ClaimRefusal.NOTHING_TO_COLLECT, "the fee has no line that the office collects")
    return Refuse(ClaimRefusal.STATE_FORBIDS, "the fee was collected before")


def start(state: RequestState, _: ServiceStarted, context: Context) -> Outcome:
    """Begin the work, once the office has what it must collect."""
    if owes_collection(state):
        return say_first(FeeCollected, state, context)
    return applied(state, OfficeStarted(request_id=state.request_id, office=state.holder()), stage=RequestStage.STARTED)


def ask(state: RequestState, _: AgencyAwaited, __: Context) -> Outcome:
    """Wait for the agency; an earlier answer no longer counts."""
    asked = AgencyAsked(request_id=state.request_id, office=state.holder(), agency=state.owner())
    return applied(state, asked, stage=RequestStage.AGENCY_AWAITED, approved=False)


def deliver(state: RequestState, _: ServiceDelivered, context: Context) -> Outcome:
    """Complete the case: the citizen was served, and the held fee is posted."""
    if state.needs_answer and not state.approved:
        return say_first(AgencyAwaited, state, context)
    office = state.holder()
    county = state.county
    assert county is not None, "a routed request is in a known place"
    delivered = OfficeDelivered(request_id=state.request_id, office=office)
    completed = RequestCompleted(
        request_id=state.request_id,
        office=office,
        agency=state.owner(),
        service=state.asked().service,
        county=county,
        fee=state.held_fee(),
        share_of=state.share_of,
        **money_terms(state, context.world),
    )
    return applied(state, delivered, completed, stage=RequestStage.COMPLETED, expires_at=None)


def give_back_early(state: RequestState, _: FeeReturned, __: Context) -> Outcome:
    """Refuse a return before the end: nothing is due back yet."""
    cancel = f"pishkhan agency {state.agency or 'AGENCY'} cancel {state.request_id} --reason WHY"
    return Refuse(
        ClaimRefusal.TOO_EARLY,
        "said too early; money goes back when the request has ended: cancelled by its agency "
        f"({cancel}), rejected, expired, or completed and a refund is ordered",
    )


def give_back(state: RequestState, claim: FeeReturned, context: Context) -> Outcome:
    """Record money that went back to the citizen, up to what was collected and has fallen due."""
    left = state.collected_rial - state.returned_rial
    if claim.amount_rial > left:
        return Refuse(
            ClaimRefusal.NOTHING_TO_RETURN,
            f"amount_rial: is {claim.amount_rial}, of what was collected {left} rial can go back",
        )
    if state.stage is RequestStage.COMPLETED and claim.amount_rial > sum(state.refunds_rial) - state.returned_rial:
        return wait_for(Awaited.DIRECTORATE, RefundOrdered)
    late_freed, freed = freed_of(state, claim.amount_rial)
    returned = OfficeReturnedFee(
        request_id=state.request_id,
        office=state.holder(),
        amount_rial=claim.amount_rial,
        exposure_rial=late_freed + freed,
        receipt_number=claim.receipt_number,
        late_cash_rial=late_freed,
        **money_terms(state, context.world),
    )
    return applied(
        state,
        returned,
        returned_rial=state.returned_rial + claim.amount_rial,
        freed_rial=state.freed_rial + freed,
        late_freed_rial=state.late_freed_rial + late_freed,
    )


def _methods(fee: Fee) -> frozenset[PaymentMethod]:
    """Return the ways in which the tariff lets the office take `fee` in."""
    lines = [line for line in fee.lines if line.payer is Payer.CITIZEN]
    return frozenset(_METHODS[line.collector] for line in lines if line.collector in _METHODS)
