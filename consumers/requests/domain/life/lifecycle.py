"""The life of a request as one declared table: at this stage, this claim or signal does that.

`transition` is the only way from one state to the next. It is pure: the same state, claim and context give the same
outcome. Authority comes first, then the table.

A claim waits only for another party's word (`WaitFor`, `MayWaitFor`), for its agency's own that it may have overtaken
on another partition (a cancellation), or behind one of its own speaker that waits. What a party says too early about
its own steps is refused at once (`SayFirst`).
"""

from collections.abc import Iterable, Mapping

from consumers.requests.domain.life import desk, endings, late_cash, opening
from consumers.requests.domain.life.authority import objection
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.early import BEFORE_ACCEPTANCE, MayWaitFor, SayFirst, WaitFor, take_back
from consumers.requests.domain.life.outcome import Awaited, Outcome, Refuse, Rule
from consumers.requests.domain.life.state import ENDED, RequestStage, RequestState, Signal
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, ClaimWithdrawn, RequestCancelled, RequestSubmitted
from schemas.intake_directorate import DisputeOpened, DisputeResolved, RefundOrdered
from schemas.intake_office import (
    AgencyAwaited,
    FeeCollected,
    FeeReturned,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.log_requests import ClaimRefusal

Trigger = type[Event] | Signal


def refuse(reason: ClaimRefusal, detail: str) -> Rule:
    """Return the rule that a claim is refused."""
    outcome = Refuse(reason, detail)
    return lambda state, claim, context: outcome


def never(state: RequestState, signal: Signal, _: Context) -> Outcome:
    """Fail: a signal that this stage cannot get is a bug."""
    raise AssertionError(f"{signal} cannot happen at stage {state.stage}")


S, A = RequestStage, Awaited
UNOPENED = (S.AWAITED, S.PARKED)
ACCEPTED = (S.ACCEPTED, S.FEE_COLLECTED, S.STARTED, S.AGENCY_AWAITED)
LIVE = (S.ROUTED, S.ESCALATED, *ACCEPTED)
NOT_LIVE = tuple(stage for stage in RequestStage if stage not in LIVE)
ENDED_UNCOMPLETED = (S.REFUSED, S.CANCELLED, S.REJECTED, S.EXPIRED)
OPENED = tuple(stage for stage in RequestStage if stage not in UNOPENED)

_nobody = refuse(ClaimRefusal.NOT_THE_OFFICE, "no office has the request now")
_unasked = refuse(ClaimRefusal.STATE_FORBIDS, "no office has the request, so none has asked")
_ended = refuse(ClaimRefusal.REQUEST_ENDED, "the request has ended")
_known = refuse(ClaimRefusal.ALREADY_SUBMITTED, "request_id: is known already; give every request an id of its own")
_accepted = refuse(ClaimRefusal.STATE_FORBIDS, "the office has accepted the request already")
_started = refuse(ClaimRefusal.STATE_FORBIDS, "work has begun already")
_collected = refuse(ClaimRefusal.STATE_FORBIDS, "the fee was collected before")
_asked = refuse(ClaimRefusal.STATE_FORBIDS, "the agency was asked already; ask again when it has answered")

#: Trigger, stages, rule. Every pair of a trigger and a stage is in exactly one row; a rule that lets a claim wait says
#: for whose word.
ROWS: tuple[tuple[Trigger, Iterable[RequestStage], Rule], ...] = (
    # The service that it names may be on its way through the registry.
    (RequestSubmitted, (S.AWAITED,), MayWaitFor(A.REGISTRY, opening.submit)),
    (RequestSubmitted, (S.PARKED, *OPENED), _known),
    # Its own word or a desk's: an agency's client may send the two to different partitions.
    (RequestCancelled, (S.AWAITED,), WaitFor(A.AGENCY, RequestSubmitted)),
    (RequestCancelled, (S.PARKED,), opening.cancel_before_routing),
    (RequestCancelled, LIVE, endings.cancel),
    (RequestCancelled, ENDED, _ended),
    (AgencyAnswered, (S.ESCALATED,), _unasked),
    (
        AgencyAnswered,
        (*BEFORE_ACCEPTANCE, S.ACCEPTED, S.FEE_COLLECTED, S.STARTED),
        WaitFor(A.OFFICE, AgencyAwaited),
    ),
    (AgencyAnswered, (S.AGENCY_AWAITED,), endings.answer),
    (AgencyAnswered, ENDED, _ended),
    # Unless the agency submits it, the desk has to, before it accepts: see `Fold.take`.
    (RequestAccepted, (S.AWAITED,), WaitFor(A.AGENCY, RequestSubmitted)),
    (RequestAccepted, (S.PARKED,), WaitFor(A.REGISTRY, RequestSubmitted)),
    (RequestAccepted, (S.ESCALATED,), _nobody),
    (RequestAccepted, (S.ROUTED,), desk.accept),
    (RequestAccepted, ACCEPTED, _accepted),
    (RequestAccepted, ENDED, _ended),
    (RequestDeclined, (S.AWAITED,), WaitFor(A.AGENCY, RequestSubmitted)),
    (RequestDeclined, (S.PARKED,), WaitFor(A.REGISTRY, RequestSubmitted)),
    (RequestDeclined, (S.ESCALATED,), _nobody),
    (RequestDeclined, (S.ROUTED,), opening.decline),
    (RequestDeclined, ACCEPTED, _accepted),
    (RequestDeclined, ENDED, _ended),
    (FeeCollected, (S.ESCALATED,), _nobody),
    (FeeCollected, BEFORE_ACCEPTANCE, SayFirst(RequestAccepted)),
    (FeeCollected, (S.ACCEPTED,), desk.collect),
    (FeeCollected, (S.FEE_COLLECTED,), _collected),
    (FeeCollected, (S.STARTED, S.AGENCY_AWAITED), desk.collect_late),
    (FeeCollected, (S.CANCELLED, S.REJECTED, S.EXPIRED), late_cash.take_late),
    (FeeCollected, (S.COMPLETED, S.REFUSED), _ended),
    (FeeReturned, (S.ESCALATED,), _nobody),
    # Another party may end it, but a return that waited for that would book money as given back that nobody has given.
    (FeeReturned, (*UNOPENED, S.ROUTED, *ACCEPTED), desk.give_back_early),
    (FeeReturned, (S.COMPLETED,), MayWaitFor(A.DIRECTORATE, desk.give_back)),
    (FeeReturned, (S.CANCELLED, S.REJECTED, S.EXPIRED), desk.give_back),
    (FeeReturned, (S.REFUSED,), _ended),
    (ServiceStarted, (S.ESCALATED,), _nobody),
    (ServiceStarted, BEFORE_ACCEPTANCE, SayFirst(RequestAccepted)),
    (ServiceStarted, (S.ACCEPTED, S.FEE_COLLECTED), desk.start),
    (ServiceStarted, (S.STARTED, S.AGENCY_AWAITED), _started),
    (ServiceStarted, ENDED, _ended),
    (AgencyAwaited, (S.ESCALATED,), _nobody),
    (AgencyAwaited, (*BEFORE_ACCEPTANCE, S.ACCEPTED, S.FEE_COLLECTED), SayFirst(ServiceStarted)),
    (AgencyAwaited, (S.STARTED,), desk.ask),
    # A second question that waited for the answer would undo it.
    (AgencyAwaited, (S.AGENCY_AWAITED,), _asked),
    (AgencyAwaited, ENDED, _ended),
    (ServiceDelivered, (S.ESCALATED,), _nobody),
    (ServiceDelivered, (*BEFORE_ACCEPTANCE, S.ACCEPTED, S.FEE_COLLECTED), SayFirst(ServiceStarted)),
    (ServiceDelivered, (S.STARTED,), desk.deliver),
    # All of the office's own steps are done: the answer may be on its way on the agency's topic.
    (ServiceDelivered, (S.AGENCY_AWAITED,), WaitFor(A.AGENCY, AgencyAnswered)),
    (ServiceDelivered, ENDED, _ended),
    (RefundOrdered, (*UNOPENED, *LIVE), WaitFor(A.OFFICE, ServiceDelivered)),
    (RefundOrdered, (S.COMPLETED,), endings.refund),
    (RefundOrdered, ENDED_UNCOMPLETED, _ended),
    (DisputeOpened, (*UNOPENED, *LIVE), WaitFor(A.OFFICE, ServiceDelivered)),
    (DisputeOpened, (S.COMPLETED,), endings.dispute),
    (DisputeOpened, ENDED_UNCOMPLETED, _ended),
    (DisputeResolved, (*UNOPENED, *LIVE), SayFirst(DisputeOpened)),
    (DisputeResolved, (S.COMPLETED,), endings.resolve),
    (DisputeResolved, ENDED_UNCOMPLETED, _ended),
    # Whoever has said what waits may take it back.
    (ClaimWithdrawn, RequestStage, take_back),
    (Signal.ACCEPTANCE_OVERDUE, (S.ROUTED,), opening.time_out),
    (Signal.ACCEPTANCE_OVERDUE, tuple(stage for stage in RequestStage if stage is not S.ROUTED), never),
    (Signal.EXPIRED, (S.ESCALATED, *ACCEPTED), endings.expire),
    (Signal.EXPIRED, (S.ROUTED, *NOT_LIVE), never),
    (Signal.REGISTRY_READ, (S.PARKED,), opening.resume),
    (Signal.REGISTRY_READ, (S.AWAITED, *OPENED), never),
)


def _table(rows: Iterable[tuple[Trigger, Iterable[RequestStage], Rule]]) -> Mapping[tuple[Trigger, RequestStage], Rule]:
    table: dict[tuple[Trigger, RequestStage], Rule] = {}
    for trigger, stages, rule in rows:
        for stage in stages:
            assert (trigger, stage) not in table, f"{trigger} at {stage} is in two rows"
            table[trigger, stage] = rule
    return table


TABLE = _table(ROWS)
#: The claims on requests; everything else that comes in is an act of its own (see `acts`).
REQUEST_CLAIMS: frozenset[type[Event]] = frozenset(trigger for trigger, _, _ in ROWS if isinstance(trigger, type))


def awaited(type_name: str, stage: RequestStage) -> Awaited | None:
    """Return whose word a claim of that type waits for at `stage`; none when it may not wait there, or is no claim."""
    model = next((model for model in REQUEST_CLAIMS if model.type_name() == type_name), None)
    rule = None if model is None else TABLE[model, stage]
    return rule.awaited if isinstance(rule, WaitFor | MayWaitFor | SayFirst) else None


def transition(state: RequestState, claim: Event | Signal, context: Context) -> Outcome:
    """Return the outcome of `claim` (or of a signal) at `state`.

    `claim` is one of `REQUEST_CLAIMS`. A claim may be refused or wait; a signal always applies, and one that the stage
    cannot get is an assertion error.
    """
    if isinstance(claim, Signal):
        return TABLE[claim, state.stage](state, claim, context)
    forbidden = objection(state, claim, context.speaker)
    if forbidden is not None:
        return forbidden
    return TABLE[type(claim), state.stage](state, claim, context)
