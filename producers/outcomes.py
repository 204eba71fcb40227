"""What became of claims, of any speaker and any kind: the use case of everybody who has published and asks afterwards.

A file of a thousand lines, a person who asks on the next day and an HTTP request ask the same question. Each claim has
at most one answer: the bus has decided on it, keeps it until something else comes, or has set it aside unread.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from producers.claims import ClaimInvalid
from schemas.base import Event
from schemas.canonical import about_hash, body_hash
from schemas.log_registry import RegistryClaimRefused
from schemas.log_requests import ClaimRefused, ClaimTakenBack, RequestRefused
from schemas.message import Message

#: Real seconds between two looks for the answers.
LOOK_SECONDS = 0.2


class AnswersUnavailable(Exception):
    """Where answers are written cannot be reached."""


class SaidClaim(NamedTuple):
    """A claim as its speaker said it: who, under which id, what kind of event, about what.

    Its answer comes after place `after` of the outbox. Of a claim that another program published, and that is not kept
    any more, type and subject are empty.
    """

    source: str
    event_id: str
    type: str = ""
    subject: str = ""
    after: int = 0


class SaidWords(NamedTuple):
    """What an id was used for: the hashes of the body, and of type and subject.

    What an earlier release kept has no second hash.
    """

    body_hash: bytes
    about_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the bus made of a claim: its events, in order, at least one."""

    events: tuple[Event, ...]

    @property
    def refused(self) -> bool:
        """Say whether what was wished for was refused."""
        return refuse(self.events)


@dataclass(frozen=True, slots=True)
class Held:
    """It is kept until something else comes, or until an operator decides: why, and until which business time.

    Without a time nothing but a decision ends the wait.
    """

    reason: str
    detail: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SetAside:
    """It can never be applied: a dead letter, with the field, the reason and what is wrong."""

    reason: str
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """It was decided on so long ago that its answer is kept in the logs alone."""


Outcome = Decided | Held | SetAside | Forgotten
_REFUSALS = frozenset({ClaimRefused, RequestRefused, RegistryClaimRefused})


class Refusal(NamedTuple):
    """A claim that was refused: when by business time, who had said what, and why."""

    time: datetime
    claim: SaidClaim
    event: ClaimRefused | RegistryClaimRefused


class SaidBefore(Protocol):
    """What was said and accepted before. Every call may raise `AnswersUnavailable`."""

    def newest(self) -> int:
        """Return the place that the answer to what is published next comes after."""

    def words(self, identities: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], SaidWords]:
        """Return what is known of those (source, id) that were used."""


class OutcomeReads(SaidBefore, Protocol):
    """Where answers are written. Every call may raise `AnswersUnavailable`."""

    def outcomes(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        """Return what is known of `claims`, as far as answers are still kept."""

    def said(self, event_ids: Sequence[str]) -> Sequence[SaidClaim]:
        """Return the claims that were said under `event_ids`, whoever said them, as far as they are still kept."""

    def refusals(self, source: str, most: int) -> Sequence[Refusal]:
        """Return the newest `most` refusals of what `source` has said, the newest first, as far as they are kept."""


def refuse(events: Iterable[Event]) -> bool:
    """Say whether these answers refuse what was wished for.

    Taking back a submission that waits closes its request as refused: that is what was wished for.
    """
    kinds = {type(event) for event in events}
    return ClaimTakenBack not in kinds and not kinds.isdisjoint(_REFUSALS)


def was_said(message: Message, words: Mapping[tuple[str, str], SaidWords]) -> bool:
    """Say whether this very claim was accepted before, by the `words` of its id.

    Raises ClaimInvalid when its id was used for another one.
    """
    envelope = message.envelope
    before = words.get((envelope.source, envelope.id))
    if before is None:
        return False
    same_about = before.about_hash in (None, about_hash(envelope.type, envelope.subject))
    if before.body_hash != body_hash(message.body) or not same_about:
        raise ClaimInvalid("id", "was used for another event; give each claim an id of its own")
    return True


def claim_of_message(message: Message, after: int) -> SaidClaim:
    """Return the claim that `message` publishes; it was not in the outbox when `after` was the newest place there."""
    envelope = message.envelope
    return SaidClaim(envelope.source, envelope.id, envelope.type, message.key, after)


def hear(
    reads: OutcomeReads,
    claims: Sequence[SaidClaim],
    wait_seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[tuple[SaidClaim, Outcome | None]]:
    """Yield every claim with what became of it, in the order of `claims`; none for one that is not decided in time.

    A claim that waits for another is told as waiting only when the time is over, since most waits are short. Looks at
    least once. Raises AnswersUnavailable; what was yielded until then holds.
    """
    deadline = monotonic() + wait_seconds
    open_claims = list(dict.fromkeys(claims))
    known: dict[SaidClaim, Outcome] = {}
    next_place = 0
    while True:
        undecided = [claim for claim in open_claims if not isinstance(known.get(claim), Decided | SetAside)]
        known.update(reads.outcomes(undecided))
        over = monotonic() >= deadline
        while next_place < len(open_claims):
            outcome = known.get(open_claims[next_place])
            if not (over or isinstance(outcome, Decided | SetAside)):
                break
            yield open_claims[next_place], outcome
            next_place += 1
        if next_place == len(open_claims):
            return
        sleep(LOOK_SECONDS)


def ask(reads: OutcomeReads, event_ids: Sequence[str]) -> list[tuple[SaidClaim, Outcome | None]]:
    """Return what became of the claims under `event_ids`, in their order; one id may be of several speakers.

    None is one that is not decided. An id under which nobody has said anything has no entry. Raises AnswersUnavailable.
    """
    claims = reads.said(event_ids)
    # First what was accepted: whatever is decided on meanwhile has its answer in what is read next.
    accepted = reads.words([(claim.source, claim.event_id) for claim in claims])
    found = reads.outcomes(claims)
    return [(claim, found.get(claim, Forgotten() if claim[:2] in accepted else None)) for claim in claims]


def summary(claim: SaidClaim, outcome: Outcome | None) -> dict[str, Any]:
    """Return what became of a claim as JSON's values, for machines; times are UTC."""
    said = {"source": claim.source, "id": claim.event_id, "type": claim.type or None, "subject": claim.subject or None}
    match outcome:
        case Decided(events=events, refused=refused):
            told = [{"type": event.type_name(), "data": event.model_dump(mode="json")} for event in events]
            return said | {"outcome": "refused" if refused else "done", "events": told}
        case Held(reason=reason, detail=detail, until=until):
            moment = None if until is None else until.isoformat()
            return said | {"outcome": "waits", "reason": reason, "detail": detail, "until": moment}
        case SetAside(reason=reason, field=field, detail=detail):
            return said | {"outcome": "set_aside", "reason": reason, "field": field, "detail": detail}
        case Forgotten():
            return said | {"outcome": "forgotten"}
        case _:
            return said | {"outcome": "undecided"}
