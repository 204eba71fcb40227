"""What waits for one request: who published it, what came before it, until when it may wait, what the log records."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from uuid import UUID

from consumers.intake import NAMES_KEPT, Claim, IntakeReader, read_claim
from consumers.parking import ParkedEvent, ParkReason
from consumers.requests.cases import Case, Waiting
from consumers.requests.domain.life import context
from consumers.requests.domain.life.outcome import Refuse
from consumers.requests.domain.life.state import RequestStage, Speaker
from consumers.requests.horizon import Horizon
from schemas.intake_agency import RequestSubmitted
from schemas.log_requests import ClaimRefused, ClaimTakenBack
from schemas.policy import WAIT_SECONDS, Policy
from schemas.speakers import SpeakerKind

#: Even on a fast clock, what is said on other topics gets this much real time to arrive.
REAL_WAIT = timedelta(seconds=60)


@lru_cache(maxsize=NAMES_KEPT)
def speaker_of(kind: SpeakerKind, code: str) -> Speaker:
    """Return who speaks, in the terms of the life cycle."""
    if kind is SpeakerKind.AGENCY:
        return Speaker(agency=code)
    return Speaker(office=code) if kind is SpeakerKind.OFFICE else Speaker()


def unread_topic(case: Case, horizon: Horizon) -> str | None:
    """Return the topic of which something that may be in time is not applied, though a deadline of `case` fires now."""
    due = case.state.due_at
    assert due is not None, "a deadline fires"
    failed = next((waiting.event.record.topic for waiting in case.waiting if waiting.failed), None)
    return failed or horizon.unread(case.state.agency, due)


def claim_of(waiting: Waiting) -> Claim:
    """Return the claim that waits, read again when it was parked before this batch."""
    if waiting.claim is None:
        claim = read_claim(waiting.event.record, IntakeReader.REQUESTS)
        assert isinstance(claim, Claim), "what was parked was readable"
        waiting.claim = claim
    return waiting.claim


def waiting_before(case: Case, until: Waiting | None = None) -> tuple[context.EarlierClaim, ...]:
    """Return what waits for the request of `case`, as the life cycle sees it; only what came before `until`, if given.

    Claims on which the code failed are not among it: they are an operator's.
    """
    if not case.waiting:
        return ()
    before = takewhile(lambda one: one is not until, case.waiting)
    claims = [claim_of(one) for one in before if not one.gone and not one.failed]
    return tuple(
        context.EarlierClaim(claim.envelope.id, claim.envelope.type, speaker_of(claim.speaker_kind, claim.speaker_code))
        for claim in claims
    )


def is_called(waiting: Waiting, claim_id: str, withdrawal: Claim) -> bool:
    """Return whether `waiting` is what `withdrawal` takes back: it waits under that id, and has the same speaker."""
    if waiting.gone or waiting.failed:
        return False
    envelope = claim_of(waiting).envelope
    return (envelope.source, envelope.id) == (withdrawal.envelope.source, claim_id)


def refused(claim: Claim, refusal: Refuse, request_id: UUID | None) -> ClaimRefused:
    """Return what the log says of a claim that was refused."""
    return ClaimRefused(
        request_id=request_id,
        claim_id=claim.envelope.id,
        claim_source=claim.envelope.source,
        claim_type=claim.envelope.type,
        reason=refusal.reason,
        detail=refusal.detail,
    )


def taken_back(claim: Claim, request_id: UUID | None) -> ClaimTakenBack:
    """Return what the log says of a claim that was taken back."""
    return ClaimTakenBack(
        request_id=request_id,
        claim_id=claim.envelope.id,
        claim_source=claim.envelope.source,
        claim_type=claim.envelope.type,
    )


def outrun(case: Case, submitted: Claim, until: Waiting | None) -> list[Waiting]:
    """Return what a desk has said of a request before it submitted the request itself, which `until` kept if it waited.

    An office's claims on one request come through one partition in the order in which they were said. What was said
    before is no disorder, then, but a slip, which must not be carried out when the right word comes.
    """
    if not isinstance(submitted.event, RequestSubmitted) or submitted.speaker_kind is not SpeakerKind.OFFICE:
        return []
    others = [one for one in takewhile(lambda one: one is not until, case.waiting) if not one.gone]
    return [one for one in others if claim_of(one).envelope.source == submitted.envelope.source]


def waits_until(
    claim: Claim, policy: Policy | None, now: datetime, business: Callable[[datetime], datetime]
) -> datetime:
    """Return the business time until which `claim` may wait from `now` on; `business` turns real time into it."""
    seconds = WAIT_SECONDS if policy is None or policy.wait_seconds is None else policy.wait_seconds
    return max(now + timedelta(seconds=seconds), business(claim.record.appended_at + REAL_WAIT))


def waited_for_registry(case: Case, claim: Claim) -> bool:
    """Say whether `claim` is the submission that a parked request waits with, though it is kept as failed."""
    waits = any(one.event.reason is ParkReason.REGISTRY and not one.gone for one in case.waiting)
    return case.state.stage is RequestStage.PARKED and isinstance(claim.event, RequestSubmitted) and not waits


def passed(event: ParkedEvent, registry: Mapping[str, int]) -> bool:
    """Say whether the registry has passed all that `event` waits for."""
    wait_for = event.wait_for or {}
    return all(registry.get(place, 0) >= end for place, end in wait_for.items())
