"""Which office gets a request, and why: a pure function of request, registry, loads and seed.

Three origins, three meanings. Walk-in: may this office do it, now? Citizen's choice: the same, with capacity, and open
before the acceptance deadline. Agency: all offices within reach, filtered; two are drawn, weighted by capacity, and
the lower score wins. A request that comes back from an office (declined, timed out) is routed as an agency's.
"""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consumers.requests.domain.calendar import local_minute
from consumers.requests.domain.candidates import CandidateIndex, Grant, Ring, ServiceReach
from consumers.requests.domain.eligibility import Circumstances, dynamic_exclusion, is_active
from consumers.requests.domain.loads import LoadMasks, Loads
from consumers.requests.domain.nearest import nearest_eligible
from consumers.requests.domain.registry_view import RegistryView
from consumers.requests.domain.seeds import Draws
from consumers.requests.domain.snapshot import OfficeFacts
from consumers.requests.domain.tariff import Form
from schemas.agreements import Agreement, ServiceTerms
from schemas.catalogue import Service, Stage
from schemas.intake_agency import Origin
from schemas.log_requests import Decision, Exclusion, RefusalReason, Sample
from schemas.policy import Policy
from schemas.territory import City

#: How often an excluded office may be drawn before the remaining candidates are listed and drawn from exactly.
DRAWS_MAX = 12


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """What routing needs of a request.

    `agency` is who submitted it, none when an office did (a walk-in). `moment` is the business time decided for.
    An office without headroom for what accepting this `form` reserves is passed over.
    """

    service: str
    agency: str | None
    origin: Origin
    city: str
    office: str | None
    moment: datetime
    form: Form = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routed:
    """An office has the request. `agreement`, `terms` and `service` are the versions that it keeps to its end."""

    decision: Decision
    county: str
    accept_by: datetime
    service: Service
    agreement: Agreement
    terms: ServiceTerms


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
    index = view.index_at(request.moment)
    policy = index.snapshot.policy
    assert policy is not None, "no policy is in force; ask the snapshot before routing"
    service = index.service(request.service)
    if service is None:
        return Refused(RefusalReason.UNKNOWN_SERVICE, f"service {request.service}: no version of it is in force")
    city = index.snapshot.city(request.city)
    owned = request.agency is None or request.agency == service.service.agency
    if city is None or not owned or not service.eligible or service.service.stage is not Stage.LIVE:
        refusal = _refusal_of_all(request, index, service, city)
        if refusal is not None:
            return refusal
    assert city is not None, "an unknown city is refused above"
    case = _Case(request, view, index, loads, policy, service, city, seed, attempt, tried)
    chosen = request.origin is not Origin.AGENCY and request.office is not None and request.office not in tried
    return _route_to_chosen(case) if chosen else _route_among_all(case)


def score_of(
    policy: Policy, in_flight: int, capacity: int, income_rial: int, expected_rial: int, distance_m: int
) -> int:
    """Return the score of one candidate, per mille of the load term; every term is rounded down, the lower wins.

    Income below zero counts as none; without an expectation there is no income term.
    """
    income = policy.income_weight_per_mille * max(0, income_rial) // expected_rial if expected_rial else 0
    distance = policy.distance_weight_per_mille * distance_m // policy.distance_limit_m
    return 1000 * in_flight // capacity + income + distance


@dataclass(frozen=True, slots=True)
class _Case:
    """One request with everything that its decision looks at."""

    request: RoutingRequest
    view: RegistryView
    index: CandidateIndex
    loads: Loads
    policy: Policy
    service: ServiceReach
    city: City
    seed: bytes
    attempt: int
    tried: Collection[str]


def _refusal_of_all(
    request: RoutingRequest, index: CandidateIndex, reach: ServiceReach, city: City | None
) -> Refused | None:
    """Return why no office at all may have the request, or none when some may."""
    service = reach.service
    if request.agency is not None and request.agency != service.agency:
        return Refused(RefusalReason.NOT_OWNER, f"service {service.code} belongs to {service.agency}")
    if service.stage is not Stage.LIVE:
        return Refused(RefusalReason.SERVICE_NOT_LIVE, f"service {service.code} is {service.stage.value}, not live")
    if city is None:
        return Refused(RefusalReason.UNKNOWN_PLACE, f"city {request.city} is in no territory in force")
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


def _route_to_chosen(case: _Case) -> Routed | Refused:
    """Decide on the one office that the citizen stands in, or chose."""
    code = case.request.office
    assert code is not None
    facts = case.index.snapshot.offices.get(code)
    if facts is None:
        return Refused(RefusalReason.UNKNOWN_OFFICE, f"office {code} is not in force")
    ask = _circumstances(case)
    distance_m = case.index.distance_m(facts, case.city)
    if case.service.eligible >> facts.ordinal & 1:
        grant = case.service.grant_of(facts.ordinal)
        reason = dynamic_exclusion(facts, grant.offered, distance_m, case.loads.of(code), ask)
        if reason is None:
            sample = _sample(case, facts, distance_m)
            return _routed(case, facts, grant, 1, {}, (sample,))
        agreement: str | None = grant.offered.agreement.code
    else:
        reason, agreement = case.index.static_reason(facts, case.service)
    nearest = nearest_eligible(case.index, case.service, case.city, case.loads, ask)
    detail = f"office {code}: {reason.value}" + ("" if agreement is None else f" (agreement {agreement})")
    return Refused(RefusalReason.OFFICE_NOT_ELIGIBLE, detail, agreement, {reason: 1}, nearest)


def _route_among_all(case: _Case) -> Routed | Refused:
    """Filter all offices, draw two by capacity, and take the lower score."""
    index, policy = case.index, case.policy
    ring = index.ring(case.service, case.city)
    rest, excluded = ring.mask, dict(ring.excluded)
    if case.tried:
        rest = _set_aside_tried(case, rest, excluded)
    closed = rest & index.closed(local_minute(case.request.moment), policy.acceptance_seconds // 60)
    if closed:
        excluded[Exclusion.HOURS] = closed.bit_count()
        rest ^= closed
    masks = case.loads.masks(index.limits)
    capped = _capped(case, masks) & rest
    if capped:
        excluded[Exclusion.CAP] = capped.bit_count()
        rest ^= capped
    full = rest & masks.full
    if full:
        excluded[Exclusion.CAPACITY] = full.bit_count()
        rest ^= full
    if not rest:
        nearest = nearest_eligible(index, case.service, case.city, case.loads, _circumstances(case))
        detail = f"no office within reach of {case.city.code} can take {case.service.service.code} now"
        return Refused(RefusalReason.NO_ELIGIBLE_OFFICE, detail, None, excluded, nearest)
    samples = _two_samples(case, ring, rest)
    best = min(samples, key=lambda sample: (sample.score, sample.office))
    facts = index.snapshot.offices[best.office]
    return _routed(case, facts, case.service.grant_of(facts.ordinal), rest.bit_count(), excluded, samples)


def _capped(case: _Case, masks: LoadMasks) -> int:
    """Return the offices without headroom for this request, each by the tariff that it would deliver under."""
    form = case.request.form
    if len(case.service.grants) == 1:
        return masks.capped(case.service.grants[0].offered.exposure_rial(form))
    found = 0
    for grant in case.service.grants:
        found |= grant.mask & masks.capped(grant.offered.exposure_rial(form))
    return found


def _set_aside_tried(case: _Case, rest: int, excluded: dict[Exclusion, int]) -> int:
    """Take the tried offices out; they were asked about before distance, so a far one no longer counts as far."""
    offices = case.index.snapshot.offices
    tried = case.index.mask_of(offices[code].ordinal for code in case.tried if code in offices)
    tried &= case.service.eligible
    if not tried:
        return rest
    excluded[Exclusion.TRIED_BEFORE] = tried.bit_count()
    far = (tried & ~rest).bit_count()
    if far:
        left = excluded[Exclusion.DISTANCE] - far
        if left:
            excluded[Exclusion.DISTANCE] = left
        else:
            del excluded[Exclusion.DISTANCE]
    return rest & ~tried


def _two_samples(case: _Case, ring: Ring, rest: int) -> tuple[Sample, ...]:
    draws = Draws(case.seed)
    first = _draw(case.index, ring, rest, draws)
    samples = [_sample(case, case.index.office(ring.ordinals[first]), ring.distances_m[first])]
    rest ^= 1 << ring.ordinals[first]
    if rest:
        second = _draw(case.index, ring, rest, draws)
        samples.append(_sample(case, case.index.office(ring.ordinals[second]), ring.distances_m[second]))
    return tuple(samples)


def _draw(index: CandidateIndex, ring: Ring, rest: int, draws: Draws) -> int:
    """Return the place in `ring` of one office of `rest`, drawn in proportion to capacity."""
    total = ring.weights[-1]
    for _ in range(DRAWS_MAX):
        place = bisect_right(ring.weights, draws.below(total))
        if rest >> ring.ordinals[place] & 1:
            return place
    places: list[int] = []
    weights: list[int] = []
    total = 0
    for place, ordinal in enumerate(ring.ordinals):
        if rest >> ordinal & 1:
            total += index.office(ordinal).office.daily_capacity
            places.append(place)
            weights.append(total)
    return places[bisect_right(weights, draws.below(total))]


def _sample(case: _Case, facts: OfficeFacts, distance_m: int) -> Sample:
    office = facts.office
    load = case.loads.of(office.code)
    expected = office.expected_monthly_income_rial
    score = score_of(case.policy, load.in_flight, office.daily_capacity, load.income_rial, expected, distance_m)
    return Sample(
        office=office.code,
        in_flight=load.in_flight,
        capacity=office.daily_capacity,
        income_rial=load.income_rial,
        expected_income_rial=expected,
        distance_m=distance_m,
        score=score,
    )


def _routed(
    case: _Case,
    facts: OfficeFacts,
    grant: Grant,
    candidates: int,
    excluded: dict[Exclusion, int],
    samples: tuple[Sample, ...],
) -> Routed:
    agreement = grant.offered.agreement
    moment = case.request.moment
    decision = Decision(
        office=facts.office.code,
        attempt=case.attempt,
        agreement=agreement.code,
        agreement_version=agreement.version,
        service_version=case.service.service.version,
        policy_version=case.policy.version,
        registry_revision=case.view.revision,
        decided_for=moment,
        loads_seen=case.loads.revision,
        seed=case.seed.hex(),
        candidates=candidates,
        excluded=excluded,
        samples=samples,
    )
    accept_by = moment + timedelta(seconds=case.policy.acceptance_seconds)
    return Routed(decision, case.city.county, accept_by, case.service.service, agreement, grant.offered.terms)


def _circumstances(case: _Case) -> Circumstances:
    chosen = case.request.origin is not Origin.AGENCY and case.request.office not in case.tried
    at_the_desk = chosen and case.request.origin is Origin.WALK_IN
    return Circumstances(
        tried=case.tried,
        distance_matters=not chosen,
        minute=local_minute(case.request.moment),
        window_minutes=1 if at_the_desk else max(1, case.policy.acceptance_seconds // 60),
        capacity_matters=not at_the_desk,
        form=case.request.form,
        policy=case.policy,
    )
