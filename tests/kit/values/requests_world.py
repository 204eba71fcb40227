"""A small province around the life cycle of requests: its world, speakers, claims, and a request at every stage."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply, Await
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker, unknown
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.loads import Load, Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.seeds import seed_for
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, Answer, ClaimWithdrawn, Origin, RequestCancelled, RequestSubmitted
from schemas.intake_directorate import DisputeOpened, DisputeResolved, RefundOrdered
from schemas.intake_office import (
    AgencyAwaited,
    DeclineReason,
    FeeCollected,
    FeeReturned,
    PaymentMethod,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.log_registry import RegistryEntry
from schemas.tariff import TariffLine
from tests.kit.values.builders import (
    AGENCY,
    MOMENT,
    SERVICE,
    agreement,
    calendar,
    code_bits,
    entries,
    office,
    policy,
    service,
    small_province,
    terms,
    territory,
)

REQUEST = UUID("01930000-0000-7000-8000-000000000001")
OWNER = Speaker(agency=AGENCY)
DIRECTORATE = Speaker()
FEE_RIAL = 30_000
CAP_RIAL = 10_000_000

SUBMITTED = RequestSubmitted(request_id=REQUEST, service=SERVICE, origin=Origin.AGENCY, city="bojnord")
CANCELLED = RequestCancelled(request_id=REQUEST, reason="no longer wanted")
APPROVED = AgencyAnswered(request_id=REQUEST, answer=Answer.APPROVED)
REJECTED = AgencyAnswered(request_id=REQUEST, answer=Answer.REJECTED)
ACCEPTED = RequestAccepted(request_id=REQUEST, operator="operator-1")
DECLINED = RequestDeclined(request_id=REQUEST, reason=DeclineReason.NO_CAPACITY, operator="operator-1")
COLLECTED = FeeCollected(
    request_id=REQUEST,
    amount_rial=FEE_RIAL,
    method=PaymentMethod.CASH,
    receipt_number="R1",
    operator="operator-1",
)
RETURNED = FeeReturned(request_id=REQUEST, amount_rial=FEE_RIAL, receipt_number="R2", operator="operator-1")
STARTED = ServiceStarted(request_id=REQUEST, operator="operator-1")
ASKED = AgencyAwaited(request_id=REQUEST, operator="operator-1")
DELIVERED = ServiceDelivered(request_id=REQUEST, operator="operator-1")
REFUNDED = RefundOrdered(request_id=REQUEST, amount_rial=FEE_RIAL, reason="charged by mistake")
DISPUTED = DisputeOpened(request_id=REQUEST, reason="the receipt is missing")
RESOLVED = DisputeResolved(request_id=REQUEST, outcome="the receipt was found")
WITHDRAWN = ClaimWithdrawn(request_id=REQUEST, claim_id="an-earlier-claim")
#: One claim of every class that can be made about a request.
CLAIMS: tuple[Event, ...] = (
    SUBMITTED,
    CANCELLED,
    APPROVED,
    ACCEPTED,
    DECLINED,
    COLLECTED,
    RETURNED,
    STARTED,
    ASKED,
    DELIVERED,
    REFUNDED,
    DISPUTED,
    RESOLVED,
    WITHDRAWN,
)
_AGENCYS = (RequestSubmitted, RequestCancelled, AgencyAnswered)
_DIRECTORATES = (RefundOrdered, DisputeOpened, DisputeResolved)

#: How a request comes to each stage.
PATHS: Mapping[RequestStage, tuple[Event | Signal, ...]] = {
    RequestStage.AWAITED: (),
    RequestStage.PARKED: (SUBMITTED.model_copy(update={"service": "unheard-of"}),),
    RequestStage.ROUTED: (SUBMITTED,),
    # The third office of the province is too far away.
    RequestStage.ESCALATED: (SUBMITTED, DECLINED, DECLINED),
    RequestStage.ACCEPTED: (SUBMITTED, ACCEPTED),
    RequestStage.FEE_COLLECTED: (SUBMITTED, ACCEPTED, COLLECTED),
    RequestStage.STARTED: (SUBMITTED, ACCEPTED, COLLECTED, STARTED),
    RequestStage.AGENCY_AWAITED: (SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED),
    RequestStage.COMPLETED: (SUBMITTED, ACCEPTED, COLLECTED, STARTED, DELIVERED),
    RequestStage.REFUSED: (SUBMITTED.model_copy(update={"city": "atlantis"}),),
    RequestStage.CANCELLED: (SUBMITTED, ACCEPTED, COLLECTED, CANCELLED),
    RequestStage.REJECTED: (SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, REJECTED),
    RequestStage.EXPIRED: (SUBMITTED, ACCEPTED, Signal.EXPIRED),
}


def make_world(
    entries: list[RegistryEntry] | None = None,
    loads: Mapping[str, Load] | None = None,
    caps_rial: Mapping[str, int] | None = None,
) -> BatchWorld:
    """Return the world of `entries` (a small province), without loads, with room for every office."""
    view = RegistryView.empty().with_entries(small_province() if entries is None else entries)
    caps = dict.fromkeys(view.at(MOMENT).offices, CAP_RIAL) if caps_rial is None else caps_rial
    return BatchWorld(view, Loads(7, loads or {}), caps, partial(seed_for, b"a secret of the tests"), code_bits)


def speaker_for(state: RequestState, claim: Event) -> Speaker:
    """Return who may make `claim` about `state`; an office that nobody chose yet is any."""
    if isinstance(claim, _DIRECTORATES):
        return DIRECTORATE
    return OWNER if isinstance(claim, _AGENCYS) else Speaker(office=state.office or "office-1")


def context(speaker: Speaker, world: BatchWorld, now: datetime = MOMENT, registry_complete: bool = False) -> Context:
    """Return the circumstances of a claim said `now`."""
    return Context(speaker, now, now, world, registry_complete)


def walk(
    *steps: Event | Signal, world: BatchWorld | None = None, state: RequestState | None = None
) -> tuple[RequestState, list[Event]]:
    """Return the state after `steps`, each said by whoever may say it, and the log events; each step must apply."""
    world = world or make_world()
    state = state or unknown(REQUEST)
    events: list[Event] = []
    for step in steps:
        if isinstance(step, Signal):
            outcome = transition(state, step, context(Speaker(), world, MOMENT + timedelta(days=400)))
        else:
            outcome = transition(state, step, context(speaker_for(state, step), world))
        if isinstance(outcome, Await) and outcome.state is not None:
            state = outcome.state
            continue
        assert isinstance(outcome, Apply), f"{step} at {state.stage}: {outcome}"
        state = outcome.state
        events.extend(outcome.events)
        for event in outcome.events:
            world.apply(event, MOMENT)
    return state, events


def at(stage: RequestStage, world: BatchWorld | None = None) -> RequestState:
    """Return the request at `stage`."""
    state, _ = walk(*PATHS[stage], world=world)
    assert state.stage is stage
    return state


def province(line: TariffLine, more: tuple[TariffLine, ...] = (), **changes: Any) -> list[RegistryEntry]:
    """Return a small province whose one service has `line` and `more` as its tariff, with `changes` of the service."""
    return entries(
        [
            territory(),
            policy(),
            calendar(),
            service(**changes),
            agreement(services=(terms(tariff=(line, *more)),)),
            office("office-1"),
            office("office-2"),
        ]
    )
