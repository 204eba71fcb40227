"""Why this office: a request's own events and the registry, put together for people. Pure; `words` says it aloud."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from consumers.requests.domain.registry.snapshot import Snapshot
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.gaps import gaps_in
from consumers.requests.domain.review.verify import DecidedEvent, decisions_of
from consumers.requests.domain.routing.route import RoutingRequest
from consumers.requests.domain.routing.sampling import score_of
from schemas.agreements import Agreement
from schemas.base import Code, Instant, LocalizedText, Model, RequestId
from schemas.catalogue import Service
from schemas.decode import Received
from schemas.intake_agency import Origin
from schemas.intake_office import DeclineReason
from schemas.log_requests import (
    Decision,
    Exclusion,
    OfficeAccepted,
    OfficeDeclined,
    OfficeTimedOut,
    RefusalReason,
    RequestClosed,
    RequestCompleted,
    RequestEscalated,
    RequestOpened,
    RequestRefused,
    RequestRouted,
    Sample,
)
from schemas.offices import Office
from schemas.policy import Policy
from schemas.territory import City

#: What `lists` calls the offices that nothing excluded.
CANDIDATES = "candidates"
Lists = dict[str, tuple[Code, ...]]


class Named(Model):
    """A code and, when the registry knew it, its name."""

    code: Code
    names: LocalizedText | None


class AgreementNamed(Named):
    """An agreement as of a decision; `entry` is the service's place in its appendix, `tariff` the lines' codes."""

    version: int
    letter_number: str
    letter_date: date
    entry: int | None
    tariff: tuple[Code, ...]


class Clause(Model):
    """The clause of an agreement that excludes: the part that `excluded` names, and what that part says."""

    excluded: Exclusion
    says: tuple[str, ...]


class Score(Model):
    """One sampled office and the three terms of its score, which add up to it."""

    office: Named
    sample: Sample
    load_points: int
    income_points: int
    distance_points: int
    chosen: bool


class Fate(StrEnum):
    """What became of a decision."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"


class DecisionExplained(Model):
    """One attempt: the decision as logged, with names, sums and what became of it.

    `asked_one_office` is true when only the chosen office was asked. `lists` are filled on demand.
    """

    decision: Decision
    asked_one_office: bool
    office: Named
    city: Named | None
    agreement: AgreementNamed | None
    distance_limit_m: int | None
    scores: tuple[Score, ...]
    accept_by: Instant
    fate: Fate
    declined_for: DeclineReason | None
    lists: Annotated[Lists, Field(default_factory=dict)]


class RefusalExplained(Model):
    """Why nobody got the request, with the agreement and clause that forbid and the way out."""

    reason: RefusalReason
    detail: str
    agreement: AgreementNamed | None
    clause: Clause | None
    excluded: dict[Exclusion, int]
    nearest: Named | None
    registry_revision: int
    loads_seen: int
    decided_for: Instant
    lists: Annotated[Lists, Field(default_factory=dict)]


class Explanation(Model):
    """Everything that the bus decided about where one request goes.

    `missing` are the first and the last number of each part of the request's own events that is not in the log, so that
    nobody takes this for all.
    """

    request_id: RequestId
    origin: Origin
    service: Named
    agency: Code | None
    city: Named
    county: Code | None
    office: Named | None
    submitted_at: Instant
    decisions: tuple[DecisionExplained, ...]
    refusal: RefusalExplained | None
    escalated_after: int | None
    ended: str | None
    missing: tuple[tuple[int, int], ...] = ()


def explain(history: Sequence[Received], view: RegistryView, lists: Mapping[int, Lists] | None = None) -> Explanation:
    """Return the explanation of a request's own events, given in their order, opened first.

    `lists` are the offices behind the counts, by the number of the decision (`decisions_of`), when they were rebuilt.
    """
    opened = opened_of(history)
    decided = decisions_of(history)
    snapshot = _as_of(view, decided[0]) if decided else view.at(opened.submitted_at)
    found = lists or {}
    explained = [
        _decision(decision.event, _as_of(view, decision), opened, decision.tried, history, found.get(number, {}))
        for number, decision in enumerate(decided)
        if isinstance(decision.event, RequestRouted)
    ]
    refused = next((one for one in decided if isinstance(one.event, RequestRefused)), None)
    return Explanation(
        request_id=opened.request_id,
        origin=opened.origin,
        service=_named(opened.service, snapshot.service(opened.service)),
        agency=opened.agency,
        city=_named(opened.city, snapshot.city(opened.city)),
        county=opened.county,
        office=None if opened.office is None else _named(opened.office, snapshot.office(opened.office)),
        submitted_at=opened.submitted_at,
        decisions=tuple(explained),
        refusal=None if refused is None else _refusal(refused, _as_of(view, refused), opened, found.get(0, {})),
        escalated_after=next((one.event.attempts for one in history if isinstance(one.event, RequestEscalated)), None),
        ended=_ended(history),
        missing=tuple((gap.first, gap.last) for gap in gaps_in(history)),
    )


def opened_of(history: Sequence[Received]) -> RequestOpened:
    """Return the opening of a request's events."""
    opened = history[0].event
    assert isinstance(opened, RequestOpened), "a request's first event is its opening"
    return opened


def question_of(opened: RequestOpened, decided: DecidedEvent) -> RoutingRequest:
    """Return what routing was asked."""
    return RoutingRequest(
        service=opened.service,
        agency=opened.agency,
        origin=opened.origin,
        city=opened.city,
        office=opened.office,
        moment=decided.moment,
        now=decided.now,
        form=opened.form,
    )


def _as_of(view: RegistryView, decided: DecidedEvent) -> Snapshot:
    return view.up_to(decided.registry_revision).at(decided.moment)


def _decision(
    event: RequestRouted,
    snapshot: Snapshot,
    opened: RequestOpened,
    tried: Sequence[str],
    history: Sequence[Received],
    lists: Lists,
) -> DecisionExplained:
    decision = event.decision
    office = snapshot.office(decision.office)
    policy = snapshot.policy
    fate, declined_for = _fate(decision, history)
    return DecisionExplained(
        decision=decision,
        asked_one_office=opened.origin is not Origin.AGENCY and opened.office not in tried,
        office=_named(decision.office, office),
        city=None if office is None else _named(office.city, snapshot.city(office.city)),
        agreement=_agreement(snapshot, decision.agreement, opened.service),
        distance_limit_m=None if policy is None else policy.distance_limit_m,
        scores=() if policy is None else tuple(_score(one, decision, snapshot, policy) for one in decision.samples),
        accept_by=event.accept_by,
        fate=fate,
        declined_for=declined_for,
        lists=lists,
    )


def _score(sample: Sample, decision: Decision, snapshot: Snapshot, policy: Policy) -> Score:
    """Do the sum again, term by term: each alone is the score with the others left out."""
    capacity, expected = sample.capacity, sample.expected_income_rial
    return Score(
        office=_named(sample.office, snapshot.office(sample.office)),
        sample=sample,
        load_points=score_of(policy, sample.in_flight, capacity, 0, expected, 0),
        income_points=score_of(policy, 0, capacity, sample.income_rial, expected, 0),
        distance_points=score_of(policy, 0, capacity, 0, expected, sample.distance_m),
        chosen=sample.office == decision.office,
    )


def _refusal(decided: DecidedEvent, snapshot: Snapshot, opened: RequestOpened, lists: Lists) -> RefusalExplained:
    event = decided.event
    assert isinstance(event, RequestRefused)
    nearest = event.nearest_office
    only = next(iter(event.excluded), None) if len(event.excluded) == 1 else None
    agreement = None if event.agreement is None else _agreement(snapshot, event.agreement, opened.service)
    return RefusalExplained(
        reason=event.reason,
        detail=event.detail,
        agreement=agreement,
        clause=None if agreement is None or only is None else _clause(only, snapshot, agreement.code, opened.service),
        excluded=event.excluded,
        nearest=None if nearest is None else _named(nearest, snapshot.office(nearest)),
        registry_revision=event.registry_revision,
        loads_seen=event.loads_seen,
        decided_for=event.decided_for,
        lists=lists,
    )


def _clause(excluded: Exclusion, snapshot: Snapshot, code: str, service: str) -> Clause | None:
    """Return the part of the agreement that an exclusion follows from; none when the agreement is not its cause."""
    agreement, terms = _version(snapshot, code), snapshot.terms(code, service)
    if agreement is None:
        return None
    says: Sequence[str]
    match excluded:
        case Exclusion.AGREEMENT:
            says = (agreement.state.value,)
        case Exclusion.OFFICE_CLASS:
            says = [] if terms is None else [one.value for one in terms.office_classes]
        case Exclusion.TERRITORY:
            says = agreement.territory
        case Exclusion.PAUSED | Exclusion.REVOKED | Exclusion.ACCESSION:
            says = ()
        case _:
            return None
    return Clause(excluded=excluded, says=tuple(says))


def _version(snapshot: Snapshot, code: str) -> Agreement | None:
    return snapshot.agreement(code) or snapshot.lapsed_agreements.get(code)


def _agreement(snapshot: Snapshot, code: str, service: str) -> AgreementNamed | None:
    agreement = _version(snapshot, code)
    if agreement is None:
        return None
    entries = [terms.service for terms in agreement.services]
    terms = snapshot.terms(code, service)
    return AgreementNamed(
        code=code,
        names=agreement.names,
        version=agreement.version,
        letter_number=agreement.letter_number,
        letter_date=agreement.letter_date,
        entry=entries.index(service) + 1 if service in entries else None,
        tariff=() if terms is None else tuple(line.code for line in terms.tariff),
    )


def _fate(decision: Decision, history: Sequence[Received]) -> tuple[Fate, DeclineReason | None]:
    for received in history:
        match received.event:
            case OfficeDeclined(attempt=attempt, reason=reason) if attempt == decision.attempt:
                return Fate.DECLINED, reason
            case OfficeTimedOut(attempt=attempt) if attempt == decision.attempt:
                return Fate.TIMED_OUT, None
            case OfficeAccepted(office=office) if office == decision.office:
                return Fate.ACCEPTED, None
    return Fate.WAITING, None


def _ended(history: Sequence[Received]) -> str | None:
    for received in history:
        match received.event:
            case RequestCompleted():
                return "completed"
            case RequestClosed(reason=reason):
                return reason.value
    return None


def _named(code: str, known: Office | City | Service | Agreement | None) -> Named:
    return Named(code=code, names=None if known is None else known.names)
