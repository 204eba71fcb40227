"""Every decision on a request, recomputed from the logs by the same functions, and compared.

The registry's log gives what was known at the decision's revision; the logs of requests and settlement give the loads
(`LoadsHistory`); the decision itself says what time it was decided for, and at. Every field is compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.opening import decline, submit, time_out
from consumers.requests.domain.life.outcome import Apply
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker, Submission, unknown
from consumers.requests.domain.life.tracking import CODE_BYTES
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.history import LoadPlace
from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.seeds import seed_for
from schemas.base import Event, Model
from schemas.decode import Received
from schemas.intake_agency import RequestSubmitted
from schemas.intake_office import DeclineReason, RequestDeclined
from schemas.log_requests import (
    OfficeDeclined,
    OfficeTimedOut,
    RefusalReason,
    RequestOpened,
    RequestRefused,
    RequestRouted,
)

#: Refusals that the logs do not hold the grounds of, and why.
_NOTHING_TO_GO_BY = {
    RefusalReason.CANCELLED_BEFORE_ROUTING: (
        "it was cancelled while it waited for the registry; there was nothing to decide"
    ),
    RefusalReason.FORM_INVALID: (
        "a refused form is not kept, so that nothing personal that came in clear stays in the log; "
        "the reason tells the field"
    ),
}


class VerificationResult(StrEnum):
    """What a recomputation found."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_RECOMPUTED = "not_recomputed"


class Difference(Model):
    """One field of a decision that comes out otherwise, both values as JSON text."""

    field: str
    logged: str
    recomputed: str


class Verification(Model):
    """One decision, recomputed. `why` says why it could not be."""

    attempt: int
    event: str
    finding: VerificationResult
    differences: tuple[Difference, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class DecidedEvent:
    """One decision of a request's history, its number among the events, and what was known of the request before it.

    `moment` is the business time that it was decided for, `now` that of deciding. `tried` and `given_back` are the
    offices that had it before, and the event by which the last one gave it back.
    """

    event: RequestRouted | RequestRefused
    sequence: int
    attempt: int
    place: LoadPlace
    registry_revision: int
    moment: datetime
    now: datetime
    tried: tuple[str, ...]
    given_back: OfficeDeclined | OfficeTimedOut | None


def decisions_of(history: Sequence[Received]) -> list[DecidedEvent]:
    """Return the decisions in a request's own events, given in their order."""
    found: list[DecidedEvent] = []
    tried: tuple[str, ...] = ()
    given_back: OfficeDeclined | OfficeTimedOut | None = None
    for received in history:
        event, envelope = received.event, received.envelope
        assert envelope.sequence is not None, "a request's own events are numbered"
        if isinstance(event, OfficeDeclined | OfficeTimedOut):
            given_back, tried = event, (*tried, event.office)
        elif isinstance(event, RequestRouted):
            decision = event.decision
            place = LoadPlace(decision.loads_seen, envelope.load_revision, envelope.load_index)
            revision, moment, now = decision.registry_revision, decision.decided_for, decision.decided_at
            at = (envelope.sequence, decision.attempt)
            found.append(DecidedEvent(event, *at, place, revision, moment, now, tried, given_back))
        elif isinstance(event, RequestRefused):
            place = LoadPlace(event.loads_seen, envelope.load_revision, envelope.load_index)
            revision, moment = event.registry_revision, event.decided_for
            # Nothing in a refusal depends on when it was decided.
            found.append(DecidedEvent(event, envelope.sequence, 1, place, revision, moment, moment, tried, given_back))
    return found


def verify(
    opened: RequestOpened, decided: DecidedEvent, view: RegistryView, loads: Loads, secret: bytes | None
) -> Verification:
    """Make one decision again and compare every field.

    `view` may know more than the decision did. Without the secret of the seeds the logged seed is taken as given.
    """
    if isinstance(decided.event, RequestRefused) and decided.event.reason in _NOTHING_TO_GO_BY:
        return not_recomputed(decided, _NOTHING_TO_GO_BY[decided.event.reason])
    if view.revision < decided.registry_revision:
        why = f"the registry's log ends at revision {view.revision}, before {decided.registry_revision}"
        return not_recomputed(decided, why)
    as_of = view.up_to(decided.registry_revision)

    def seeds(request_id: UUID, attempt: int) -> bytes:
        if secret is not None:
            return seed_for(secret, request_id, attempt)
        return bytes.fromhex(decided.event.decision.seed) if isinstance(decided.event, RequestRouted) else bytes(16)

    # A tracking code decides nothing, and is not compared.
    world = BatchWorld(as_of, loads, {}, seeds, lambda _: bytes(CODE_BYTES))
    # The log does not say whether an agency or a desk spoke; a decision holds when it follows for either.
    compared = [_differences(decided.event, _again(opened, decided, speaker, world)) for speaker in _speakers(opened)]
    fewest = min(compared, key=_how_different)
    name = type(decided.event).__name__
    finding = VerificationResult.DIFFERENT if fewest else VerificationResult.SAME
    return Verification(attempt=decided.attempt, event=name, finding=finding, differences=tuple(fewest))


def not_recomputed(decided: DecidedEvent, why: str) -> Verification:
    """Return that a decision could not be recomputed, and why."""
    name = type(decided.event).__name__
    return Verification(attempt=decided.attempt, event=name, finding=VerificationResult.NOT_RECOMPUTED, why=why)


def verdict(found: Sequence[Verification]) -> VerificationResult:
    """Return what the recomputations say in all: the same only when there are some, and each of them is the same."""
    findings = {one.finding for one in found}
    if VerificationResult.DIFFERENT in findings:
        return VerificationResult.DIFFERENT
    return VerificationResult.SAME if findings == {VerificationResult.SAME} else VerificationResult.NOT_RECOMPUTED


def _again(opened: RequestOpened, decided: DecidedEvent, speaker: Speaker, world: BatchWorld) -> Event:
    context = Context(speaker, decided.moment, decided.now, world, registry_complete=True)
    if decided.given_back is None:
        claim = RequestSubmitted.model_construct(
            request_id=opened.request_id,
            service=opened.service,
            origin=opened.origin,
            city=opened.city,
            office=opened.office,
            citizen_ref=opened.citizen_ref,
            form=opened.form,
            personal=opened.personal,
        )
        outcome = submit(unknown(opened.request_id), claim, context)
    else:
        state = _routed_before(opened, decided, speaker)
        if isinstance(decided.given_back, OfficeDeclined):
            again = RequestDeclined(request_id=opened.request_id, reason=DeclineReason.OTHER, operator="recomputed")
            outcome = decline(state, again, context)
        else:
            outcome = time_out(state, Signal.ACCEPTANCE_OVERDUE, context)
    assert isinstance(outcome, Apply), "with a complete registry every opening and every return applies"
    return outcome.events[-1]


def _routed_before(opened: RequestOpened, decided: DecidedEvent, speaker: Speaker) -> RequestState:
    """Return the state that the request was in when its office gave it back."""
    assert decided.given_back is not None
    submission = Submission(
        origin=opened.origin,
        service=opened.service,
        city=opened.city,
        office=opened.office,
        citizen_ref=opened.citizen_ref,
        form=opened.form,
        submitted_at=opened.submitted_at,
        by_agency=speaker.agency,
        by_office=speaker.office,
    )
    return RequestState(
        request_id=opened.request_id,
        stage=RequestStage.ROUTED,
        submission=submission,
        ever_routed=True,
        agency=opened.agency,
        county=opened.county,
        attempt=decided.given_back.attempt,
        tried=decided.tried[:-1],
        office=decided.given_back.office,
        share_of=decided.given_back.share_of,
    )


def _speakers(opened: RequestOpened) -> list[Speaker]:
    desk = Speaker(office=opened.office or "desk")
    return [desk] if opened.agency is None else [Speaker(agency=opened.agency), desk]


def _how_different(differences: Sequence[Difference]) -> tuple[bool, int]:
    """Rank differences: another event altogether is more than any number of fields."""
    return any(one.field == "event" for one in differences), len(differences)


def _differences(logged: Event, recomputed: Event) -> list[Difference]:
    if type(logged) is not type(recomputed):
        return [Difference(field="event", logged=type(logged).__name__, recomputed=type(recomputed).__name__)]
    before, after = (_flat(event.model_dump(mode="json")) for event in (logged, recomputed))
    return [
        Difference(field=field, logged=before.get(field, "absent"), recomputed=after.get(field, "absent"))
        for field in sorted(before.keys() | after.keys())
        if before.get(field) != after.get(field)
    ]


def _flat(value: Any, path: str = "") -> Mapping[str, str]:
    """Return every leaf of a JSON value by its dotted path."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = {str(place): item for place, item in enumerate(value)}.items()
    else:
        return {path: str(value)}
    return {
        leaf: text for key, item in parts for leaf, text in _flat(item, f"{path}.{key}" if path else str(key)).items()
    }
