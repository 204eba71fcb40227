"""How a request comes in and finds its office: opened, routed or refused, and routed again when it comes back."""

from datetime import timedelta
from typing import Any

from consumers.requests.domain.fees.tariff import FeeImpossible, exposure_of
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.form import clear_part, form_problem
from consumers.requests.domain.life.outcome import Apply, Await, AwaitReason, Outcome, applied
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Submission, submission_of
from consumers.requests.domain.registry.snapshot import Snapshot
from consumers.requests.domain.routing.route import Refused, Routed, RoutingRequest
from schemas.catalogue import Service
from schemas.intake_agency import ClaimWithdrawn, Origin, RequestCancelled, RequestSubmitted
from schemas.intake_office import RequestDeclined
from schemas.log_requests import (
    Exclusion,
    OfficeDeclined,
    OfficeTimedOut,
    RefusalReason,
    RequestEscalated,
    RequestLogEvent,
    RequestOpened,
    RequestRefused,
    RequestRouted,
)
from schemas.trusted import trusted


def submit(state: RequestState, claim: RequestSubmitted, context: Context) -> Outcome:
    """Open the request and find it an office; wait while the registry may still bring what it names."""
    return _open(state, submission_of(claim, context.speaker, context.moment), context)


def resume(state: RequestState, _: Signal, context: Context) -> Outcome:
    """Open a parked request: the registry has read on."""
    return _open(state, state.asked(), context)


def cancel_before_routing(state: RequestState, claim: RequestCancelled | ClaimWithdrawn, context: Context) -> Apply:
    """Open and refuse a parked request: it was cancelled, or taken back by its desk, before any office had it."""
    asked = state.asked()
    snapshot = context.world.snapshot(context.moment)
    how = "the agency cancelled it" if isinstance(claim, RequestCancelled) else "who submitted it took it back"
    refused = Refused(RefusalReason.CANCELLED_BEFORE_ROUTING, f"{how} before it was routed")
    return _refuse(state, asked, refused, snapshot, context)


def decline(state: RequestState, claim: RequestDeclined, context: Context) -> Outcome:
    """Take the request back from an office that declined it, and route it again."""
    office = state.holder()
    declined = OfficeDeclined(
        request_id=state.request_id,
        office=office,
        attempt=state.attempt,
        reason=claim.reason,
        share_of=state.share_of,
    )
    return _route_again(state, declined, context)


def time_out(state: RequestState, _: Signal, context: Context) -> Outcome:
    """Take the request back from an office that let the deadline pass, and route it again."""
    timed_out = OfficeTimedOut(
        request_id=state.request_id,
        office=state.holder(),
        attempt=state.attempt,
        intake_unread=context.intake_unread,
        share_of=state.share_of,
    )
    return _route_again(state, timed_out, context)


def _open(state: RequestState, asked: Submission, context: Context) -> Outcome:
    snapshot = context.world.snapshot(context.moment)
    service = snapshot.service(asked.service)
    if service is None or snapshot.policy is None:
        if not context.registry_complete:
            # Nobody knows yet what in the form is personal: it stays with the parked claim alone.
            kept = asked.model_copy(update={"form": {}})
            waiting = state.model_copy(
                update={"stage": RequestStage.PARKED, "submission": kept, "agency": asked.by_agency}
            )
            return Await(AwaitReason.REGISTRY, "service: is not known yet; it waits for the registry", waiting)
        refused = _unknown(service)
        return _refuse(state, asked, refused, snapshot, context)
    objection = _objection(asked, service)
    if objection is not None:
        return _refuse(state, asked, objection, snapshot, context)
    verdict = _route(state, asked, context)
    if isinstance(verdict, Refused):
        return _refuse(state, asked, verdict, snapshot, context)
    return _route_first(state, asked, verdict, context)


def _unknown(service: Service | None) -> Refused:
    if service is None:
        detail = "service: no such service is published; publish it with ServicePublished, or correct the code"
        return Refused(RefusalReason.UNKNOWN_SERVICE, detail)
    return Refused(RefusalReason.SERVICE_NOT_LIVE, "no routing policy is in force; publish one with PolicyChanged")


def _objection(asked: Submission, service: Service) -> Refused | None:
    """Return why this speaker may not ask for this, or what the form lacks."""
    if asked.by_agency is not None and asked.by_agency != service.agency:
        return Refused(RefusalReason.NOT_OWNER, "service: belongs to another agency; only its owner may submit")
    if asked.by_office is not None and (asked.origin is not Origin.WALK_IN or asked.office != asked.by_office):
        return Refused(RefusalReason.NOT_OWNER, "origin: a desk may submit walk-ins for itself only")
    if asked.origin is not Origin.AGENCY and asked.office is None:
        return Refused(RefusalReason.UNKNOWN_OFFICE, "office: is missing; name the office that was chosen")
    problem = form_problem(service, asked.form, asked.personal is not None)
    return None if problem is None else Refused(RefusalReason.FORM_INVALID, f"form.{problem}")


def _route(
    state: RequestState, asked: Submission, context: Context, attempt: int = 1, tried: tuple[str, ...] = ()
) -> Routed | Refused:
    request = RoutingRequest(
        service=asked.service,
        agency=asked.by_agency,
        origin=asked.origin,
        city=asked.city,
        office=asked.office,
        moment=context.moment,
        now=context.now,
        form=asked.form,
    )
    verdict = context.world.route(state.request_id, request, attempt, tried)
    if isinstance(verdict, Routed) and verdict.feeless:
        # Acceptance must not fail on what the form lacks.
        return _no_fee(verdict, asked)
    return verdict


def _no_fee(routed: Routed, asked: Submission) -> Refused:
    """Say what in the form makes the fee impossible."""
    try:
        exposure_of(routed.terms.tariff, asked.form)
    except FeeImpossible as error:
        return Refused(RefusalReason.FORM_INVALID, f"form.{error.field}: {error.problem}")
    raise AssertionError("the fee was impossible a moment ago")


def _route_first(state: RequestState, asked: Submission, routed: Routed, context: Context) -> Apply:
    service = routed.service
    opened = _opened(state, asked, service.agency, routed.county, context)
    given, changes = _given(state, asked.service, service.agency, routed)
    return applied(
        state,
        opened,
        given,
        stage=RequestStage.ROUTED,
        submission=_without_blob(asked),
        tracking_code=opened.tracking_code,
        ever_routed=True,
        agency=service.agency,
        county=routed.county,
        needs_answer=service.needs_agency_answer,
        **changes,
    )


def _given(state: RequestState, service: str, agency: str, routed: Routed) -> tuple[RequestRouted, dict[str, Any]]:
    """Return the event that gives the request to an office, and the changes of state that go with it."""
    decision = routed.decision
    event = trusted(
        RequestRouted,
        {
            "request_id": state.request_id,
            "service": service,
            "agency": agency,
            "county": routed.county,
            "decision": decision,
            "accept_by": routed.accept_by,
            "share_of": routed.share_of,
        },
    )
    changes = {
        "attempt": decision.attempt,
        "office": decision.office,
        "service_version": decision.service_version,
        "agreement": decision.agreement,
        "agreement_version": decision.agreement_version,
        "accept_by": routed.accept_by,
        "share_of": routed.share_of,
    }
    return event, changes


def _refuse(state: RequestState, asked: Submission, refused: Refused, snapshot: Snapshot, context: Context) -> Apply:
    service = snapshot.service(asked.service)
    # The log is for ever: what came in clear and should not have, or what nobody can judge, must not get into it.
    asked = asked.model_copy(update={"form": {} if service is None else clear_part(service, asked.form)})
    agency = asked.by_agency or (None if service is None else service.agency)
    county = snapshot.county_of(asked.city)
    event = RequestRefused(
        request_id=state.request_id,
        service=asked.service,
        agency=agency,
        reason=refused.reason,
        detail=refused.detail,
        agreement=refused.agreement,
        excluded=refused.excluded,
        nearest_office=refused.nearest_office,
        registry_revision=context.world.registry_revision,
        loads_seen=context.world.loads_revision,
        decided_for=context.moment,
    )
    opened = _opened(state, asked, agency, county, context)
    return applied(
        state,
        opened,
        event,
        stage=RequestStage.REFUSED,
        submission=_without_blob(asked),
        tracking_code=opened.tracking_code,
        agency=agency,
        county=county,
    )


def _route_again(state: RequestState, given_back: RequestLogEvent, context: Context) -> Apply:
    tried = (*state.tried, state.holder())
    snapshot = context.world.snapshot(context.moment)
    policy = snapshot.policy
    assert policy is not None, "a request was routed, so a policy was in force"
    if state.attempt >= policy.attempts_limit:
        return _escalate(state, given_back, tried, {}, context, policy.expiry_seconds)
    asked = state.asked()
    verdict = _route(state, asked, context, state.attempt + 1, tried)
    if isinstance(verdict, Refused):
        return _escalate(state, given_back, tried, verdict.excluded, context, policy.expiry_seconds)
    given, changes = _given(state, asked.service, state.owner(), verdict)
    return applied(state, given_back, given, tried=tried, county=verdict.county, **changes)


def _escalate(
    state: RequestState,
    given_back: RequestLogEvent,
    tried: tuple[str, ...],
    excluded: dict[Exclusion, int],
    context: Context,
    expiry_seconds: int,
) -> Apply:
    escalated = RequestEscalated(request_id=state.request_id, attempts=state.attempt, excluded=excluded)
    return applied(
        state,
        given_back,
        escalated,
        stage=RequestStage.ESCALATED,
        tried=tried,
        office=None,
        share_of=None,
        accept_by=None,
        expires_at=context.now + timedelta(seconds=expiry_seconds),
    )


def _opened(
    state: RequestState, asked: Submission, agency: str | None, county: str | None, context: Context
) -> RequestOpened:
    return trusted(
        RequestOpened,
        {
            "request_id": state.request_id,
            "origin": asked.origin,
            "service": asked.service,
            "agency": agency,
            "city": asked.city,
            "county": county,
            "office": asked.office,
            "citizen_ref": asked.citizen_ref,
            "form": asked.form,
            "personal": asked.personal,
            "submitted_at": asked.submitted_at,
            "tracking_code": context.world.tracking_code(state.request_id),
        },
    )


def _without_blob(asked: Submission) -> Submission:
    return asked if asked.personal is None else trusted(Submission, {**asked.__dict__, "personal": None})
