"""Which office gets a request, and why: a pure function of request, registry, loads and seed.

Three origins, three meanings. Walk-in: may this office do it, now? Citizen's choice: the same, with capacity, and it
may open later. Agency: all offices within reach, filtered; of those in the nearest ring with enough free places two are
drawn, weighted by capacity, and the lower score wins. A request that comes back from an office (declined, timed out) is
routed as an agency's. Whoever gets it must accept within the policy's time of opening hours.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from consumers.jalali import month_of
from consumers.requests.domain.fees.tariff import Form
from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.loads.shares import AgencyShare
from consumers.requests.domain.registry.calendar import local_minute
from consumers.requests.domain.registry.snapshot import OfficeFacts
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.barred import Barred, barred, nearest_eligible
from consumers.requests.domain.routing.candidates import CandidateIndex, Grant, Ring, ServiceReach
from consumers.requests.domain.routing.eligibility import Circumstances, dynamic_exclusion, is_active
from consumers.requests.domain.routing.rings import nearest_with_room
from consumers.requests.domain.routing.sampling import sample_of, two_places
from schemas.agreements import Agreement, ServiceTerms
from schemas.catalogue import Service, Stage
from schemas.intake_agency import Origin
from schemas.log_requests import Decision, Exclusion, RefusalReason, Sample
from schemas.territory import City
from schemas.trusted import trusted

NO_FORM: Form = MappingProxyType({})


class RoutingRequest(NamedTuple):
    """What routing needs of a request.

    `agency` is who submitted it, none when an office did (a walk-in). `moment` is the business time decided for, `now`
    that of deciding: the acceptance deadline runs from it, so that a backlog does not eat the office's time.
    An office without headroom for what accepting this `form` reserves is passed over.
    """

    service: str
    agency: str | None
    origin: Origin
    city: str
    office: str | None
    moment: datetime
    now: datetime
    form: Form = NO_FORM


class Routed(NamedTuple):
    """An office has the request. `agreement`, `terms` and `service` are the versions that it keeps to its end.

    `feeless` says that the form makes the fee under these terms impossible, `share_of` on which agency's share it
    counts.
    """

    decision: Decision
    county: str
    accept_by: datetime
    service: Service
    agreement: Agreement
    terms: ServiceTerms
    feeless: bool
    share_of: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """No office can have it. `detail` says why in words, `agreement` which one forbids, `nearest_office` a way out."""

    reason: RefusalReason
    detail: str
    agreement: str | None = None
    excluded: dict[Exclusion, int] = field(default_factory=dict)
    nearest_office: str | None = None


def route(
    request: RoutingRequest,
    view: RegistryView,
    loads: Loads,
    seed: bytes,
    *,
    attempt: int = 1,
    tried: Collection[str] = (),
) -> Routed | Refused:
    """Return which office gets `request`, or why none does. `tried` are the offices that had it before.

    A policy must be in force at the request's moment.
    """
    index = view.made_at(request.moment, CandidateIndex)
    reach = index.service(request.service)
    if reach is None:
        return Refused(RefusalReason.UNKNOWN_SERVICE, f"service {request.service}: no version of it is in force")
    service, city = reach.service, index.snapshot.city(request.city)
    owned = request.agency is None or request.agency == service.agency
    if city is None or not owned or not reach.eligible or service.stage is not Stage.LIVE:
        refusal = _refusal_of_all(request, index, service, city)
        if refusal is not None:
            return refusal
    assert city is not None, "an unknown city is refused above"
    asked = circumstances(request, index, tried)
    month = month_of(request.moment)
    case = _Case(view.revision, index, loads, reach, city, asked, seed, attempt, request, month)
    if asked.distance_matters:
        return _route_among_all(case)
    assert request.office is not None, "only a chosen office stands outside the distance rule"
    return _route_to_chosen(case, request.office)


def circumstances(request: RoutingRequest, index: CandidateIndex, tried: Collection[str]) -> Circumstances:
    """Return what the dynamic part of the filter asks about, by the request's origin.

    A chosen office that has been tried leaves a request that anyone may have.
    """
    policy = index.policy
    chosen = request.origin is not Origin.AGENCY and request.office is not None and request.office not in tried
    at_the_desk = chosen and request.origin is Origin.WALK_IN
    return Circumstances(
        tried,
        distance_matters=not chosen,
        minute=local_minute(request.moment),
        window_minutes=1 if at_the_desk else policy.opens_within_seconds // 60,
        capacity_matters=not at_the_desk,
        form=request.form,
        policy=policy,
        share=None if index.shares is None or request.agency is None else AgencyShare(request.agency, index.shares),
    )


class _Case(NamedTuple):
    """One request with everything that its decision looks at. `month` is the one whose income counts."""

    revision: int
    candidates: CandidateIndex
    loads: Loads
    reach: ServiceReach
    city: City
    asked: Circumstances
    seed: bytes
    attempt: int
    request: RoutingRequest
    month: int


class _Drawn(NamedTuple):
    """What was looked at: how many could have it, who could not, who was drawn, and from which ring."""

    candidates: int
    excluded: dict[Exclusion, int]
    samples: tuple[Sample, ...]
    ring_m: int | None = None
    ring_candidates: int | None = None


def _route_among_all(case: _Case) -> Routed | Refused:
    """Filter all offices, draw two of the nearest ring with room, and take the lower score; ties go by the code."""
    ring = case.candidates.ring(case.reach, case.city)
    out = barred(case.candidates, case.reach, case.loads, case.asked)
    rest, excluded = _filter(ring, case.reach, out)
    if not rest:
        nearest = nearest_eligible(case.candidates, case.reach, case.city, out)
        if Exclusion.AGENCY_SHARE in excluded:
            assert case.asked.share is not None, "only a share excludes by share"
            detail = (
                f"{case.asked.share.agency} has its share of the places within reach of {case.city.code}, and nothing "
                "is left to borrow; submit it anew, with a new id, when requests there have ended"
            )
            return Refused(RefusalReason.AGENCY_SHARE, detail, None, excluded, nearest)
        detail = f"no office within reach of {case.city.code} can take {case.reach.service.code} now"
        return Refused(RefusalReason.NO_ELIGIBLE_OFFICE, detail, None, excluded, nearest)
    policy = case.asked.policy
    best_facts, best = None, None
    samples = []
    cut = nearest_with_room(ring, rest, case.loads.masks(case.candidates.limits, case.candidates.shares).free)
    for place in two_places(ring, cut, rest, case.seed):
        facts = ring.offices[place]
        sample = sample_of(policy, case.loads, facts, ring.distances_m[place], case.month)
        samples.append(sample)
        if best is None or (sample.score, sample.office) < (best.score, best.office):
            best_facts, best = facts, sample
    assert best_facts is not None, "an office was left to draw"
    grant = case.reach.grant_of(best_facts.ordinal)
    feeless = bool(out.feeless >> best_facts.ordinal & 1)
    within = None if cut.limit_m is None else (rest & cut.mask).bit_count()
    drawn = _Drawn(rest.bit_count(), excluded, tuple(samples), cut.limit_m, within)
    return _routed(case, best_facts, grant, drawn, feeless)


def _filter(ring: Ring, reach: ServiceReach, out: Barred) -> tuple[int, dict[Exclusion, int]]:
    """Return the set of candidates, and how many offices each reason excludes: together, all offices in force."""
    rest, excluded = ring.mask, dict(ring.excluded)
    tried = reach.eligible & out.tried
    if tried:
        excluded[Exclusion.TRIED_BEFORE] = tried.bit_count()
        # Asked about before distance: a far office that was tried counts as tried.
        far = (reach.eligible & ~ring.mask & ~tried).bit_count()
        excluded.pop(Exclusion.DISTANCE, None)
        if far:
            excluded[Exclusion.DISTANCE] = far
        rest &= ~tried
    closed = rest & out.closed
    if closed:
        excluded[Exclusion.HOURS] = closed.bit_count()
        rest ^= closed
    capped = rest & out.capped
    if capped:
        excluded[Exclusion.CAP] = capped.bit_count()
        rest ^= capped
    full = rest & out.full
    if full:
        excluded[Exclusion.CAPACITY] = full.bit_count()
        rest ^= full
    shared = rest & out.shared
    if shared:
        excluded[Exclusion.AGENCY_SHARE] = shared.bit_count()
        rest ^= shared
    return rest, excluded


def _route_to_chosen(case: _Case, code: str) -> Routed | Refused:
    """Decide on the one office where the citizen is, or that the citizen chose."""
    index, reach = case.candidates, case.reach
    facts = index.snapshot.offices.get(code)
    if facts is None:
        return Refused(RefusalReason.UNKNOWN_OFFICE, f"office {code} is not in force")
    agreement: str | None
    if reach.eligible >> facts.ordinal & 1:
        grant = reach.grant_of(facts.ordinal)
        distance_m = index.distance_m(facts, case.city)
        reason = dynamic_exclusion(facts, grant.offered, distance_m, case.loads.of(code), case.asked)
        if reason is None:
            sample = sample_of(case.asked.policy, case.loads, facts, distance_m, case.month)
            feeless = grant.offered.exposure_rial(case.asked.form) is None
            return _routed(case, facts, grant, _Drawn(1, {}, (sample,)), feeless)
        agreement = grant.offered.agreement.code
    else:
        reason, agreement = index.static_reason(facts, reach)
    nearest = nearest_eligible(index, reach, case.city, barred(index, reach, case.loads, case.asked))
    detail = f"office {code}: {reason.value}" + ("" if agreement is None else f" (agreement {agreement})")
    return Refused(RefusalReason.OFFICE_NOT_ELIGIBLE, detail, agreement, {reason: 1}, nearest)


def _routed(
    case: _Case,
    facts: OfficeFacts,
    grant: Grant,
    drawn: _Drawn,
    feeless: bool,
) -> Routed:
    offered, policy, service = grant.offered, case.asked.policy, case.reach.service
    decision = trusted(
        Decision,
        {
            "office": facts.office.code,
            "attempt": case.attempt,
            "agreement": offered.agreement.code,
            "agreement_version": offered.agreement.version,
            "service_version": service.version,
            "policy_version": policy.version,
            "registry_revision": case.revision,
            "decided_for": case.request.moment,
            "decided_at": case.request.now,
            "loads_seen": case.loads.revision,
            "seed": case.seed.hex(),
            "candidates": drawn.candidates,
            "excluded": drawn.excluded,
            "samples": drawn.samples,
            "ring_m": drawn.ring_m,
            "ring_candidates": drawn.ring_candidates,
        },
    )
    accept_by = case.candidates.accept_by(facts, case.request.now)
    share_of = None if case.asked.share is None else case.asked.share.agency
    return Routed(decision, case.city.county, accept_by, service, offered.agreement, offered.terms, feeless, share_of)


def _refusal_of_all(
    request: RoutingRequest, index: CandidateIndex, service: Service, city: City | None
) -> Refused | None:
    """Return why no office at all may have the request, or none when some may."""
    if request.agency is not None and request.agency != service.agency:
        return Refused(RefusalReason.NOT_OWNER, f"service {service.code} belongs to {service.agency}")
    if service.stage is Stage.LIVE and city is None:
        return Refused(RefusalReason.UNKNOWN_PLACE, f"city {request.city} is in no territory in force")
    return refusal_of_service(index, service)


def refusal_of_service(index: CandidateIndex, service: Service) -> Refused | None:
    """Return why nobody can have any request for `service` now, or none when some may."""
    if service.stage is not Stage.LIVE:
        return Refused(RefusalReason.SERVICE_NOT_LIVE, f"service {service.code} is {service.stage.value}, not live")
    offered = [held for held in index.snapshot.agreements_on(service.code) if held[0].agency == service.agency]
    active = [held for held in offered if is_active(held[0])]
    everybody = {Exclusion.AGREEMENT: len(index.snapshot.offices)}
    if not active:
        agreement, detail = _why_no_agreement(index, service, [held for held, _ in offered])
        return Refused(RefusalReason.NO_AGREEMENT, detail, agreement, everybody, None)
    if all(terms.paused for _, terms in active):
        agreement = active[0][0].code
        detail = f"agreement {agreement}, appendix entry {service.code}: paused by {service.agency}"
        everybody = {Exclusion.PAUSED: len(index.snapshot.offices)}
        return Refused(RefusalReason.SERVICE_PAUSED, detail, agreement, everybody, None)
    return None


def _why_no_agreement(index: CandidateIndex, service: Service, inactive: list[Agreement]) -> tuple[str | None, str]:
    lapsed = sorted(
        (
            held
            for held in index.snapshot.lapsed_agreements.values()
            if held.agency == service.agency and any(terms.service == service.code for terms in held.services)
        ),
        key=lambda held: held.code,
    )
    for agreement in inactive:
        return agreement.code, f"agreement {agreement.code} on {service.code} is {agreement.state.value}, not active"
    for agreement in lapsed:
        span = f"{agreement.valid_from:%Y-%m-%d} to {agreement.valid_to:%Y-%m-%d}" if agreement.valid_to else "no end"
        state = agreement.state.value
        return agreement.code, f"agreement {agreement.code} on {service.code} is not in force ({state}, {span})"
    return None, f"no agreement with {service.agency} names service {service.code}"
