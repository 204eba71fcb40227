"""From a record on an intake topic to a claim: its source, its type, and whether it can be decoded at all.

The topic decides who spoke: the broker lets nobody else write there, and a source that does not match is a forgery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas.base import Event
from schemas.canonical import ABOUT_PART_BYTES, about_hash, body_hash
from schemas.decode import EventInvalid, all_events, events_by_type, parse
from schemas.envelope import Envelope, EnvelopeInvalid, content_type_problem, from_headers
from schemas.limits import beyond
from schemas.national_ids import revealed
from schemas.plausible import implausible
from schemas.speakers import Sender, SpeakerKind, sender_of
from schemas.subject import astray
from schemas.topics import speaker_allowed, topic_of

#: The types that the registry takes from intake; everything else, garbage included, is the requests consumer's.
REGISTRY_CLAIMS: frozenset[str] = frozenset(
    model.type_name()
    for model in (
        agency.ServicePublished,
        agency.ServiceWithdrawn,
        agency.AgreementConfirmed,
        agency.AgreementVetoed,
        agency.AgreementPaused,
        directorate.OfficeLicensed,
        directorate.OfficeChanged,
        directorate.OfficeSuspended,
        directorate.AgreementChanged,
        directorate.PolicyChanged,
        directorate.CalendarChanged,
        directorate.TerritoryChanged,
    )
)
_REGISTRY_TYPES = frozenset(name.encode() for name in REGISTRY_CLAIMS)
#: Look-ups by names that outsiders choose are kept for this many; a flood of new ones only costs time.
NAMES_KEPT = 4096


class IntakeReader(StrEnum):
    """The two consumers that read every intake topic, each with positions of its own."""

    REGISTRY = "registry"
    REQUESTS = "requests"


class Claim(NamedTuple):
    """What somebody says, readable and spoken in the right place; whether it is true is not decided yet."""

    record: Record
    envelope: Envelope
    event: Event
    body_hash: bytes
    about_hash: bytes
    speaker_kind: SpeakerKind
    speaker_code: str

    @property
    def identity(self) -> tuple[str, str]:
        """Return the event's identity: source and id."""
        return self.envelope.source, self.envelope.id

    @property
    def words(self) -> "Words":
        """Return what its identity may be used for again: these words and no others."""
        return Words(self.body_hash, self.about_hash)


class Words(NamedTuple):
    """What was said under an identity: the hashes of its body, and of its type and subject.

    What an earlier release kept has no hash of type and subject: then the bodies alone are compared.
    """

    body_hash: bytes
    about_hash: bytes | None

    def differences(self, other: "Words") -> tuple[str, ...]:
        """Return which of `type`, `subject` and `body` differ in `other`, as far as both are known."""
        found = []
        if self.about_hash is not None and other.about_hash is not None:
            if self.about_hash[:ABOUT_PART_BYTES] != other.about_hash[:ABOUT_PART_BYTES]:
                found.append("type")
            if self.about_hash[ABOUT_PART_BYTES:] != other.about_hash[ABOUT_PART_BYTES:]:
                found.append("subject")
        if self.body_hash != other.body_hash:
            found.append("body")
        return tuple(found)


class Conflict(NamedTuple):
    """A claim whose id was used before, and what differs from then."""

    claim: Claim
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record for the dead letters; `field` is a header or a dotted path in the body, `detail` never holds a value."""

    record: Record
    reason: DeadLetterReason
    field: str
    detail: str
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """A batch of claims, sorted out; each list keeps the order of the batch. Those of `unfit` may not be accepted."""

    fresh: list[Claim]
    duplicates: list[Claim]
    conflicts: list[Conflict]
    unfit: list[Unreadable]

    @property
    def letters(self) -> list[Unreadable]:
        """The dead letters of the batch's claims."""
        return [*map(conflicting, self.conflicts), *self.unfit]


def sort_out(claims: Iterable[Claim], known: Mapping[tuple[str, str], Words]) -> Screened:
    """Sort `claims` out: new, known with the same words, known with another type, subject or body, and unfit ones.

    `known` holds words by identity; of several claims with one identity the first that may be accepted is new. One that
    may not be takes no identity: it must never stand in the way of an honest claim, whatever batch they come in.
    """
    said = dict(known)
    screened = Screened([], [], [], [])
    for claim in claims:
        identity = claim.identity
        before = said.get(identity)
        if before is None:
            if letter := objection(claim):
                screened.unfit.append(letter)
                continue
            said[identity] = claim.words
            screened.fresh.append(claim)
        elif differences := before.differences(claim.words):
            screened.conflicts.append(Conflict(claim, differences))
        else:
            screened.duplicates.append(claim)
    return screened


@dataclass(frozen=True, slots=True)
class NotMine:
    """The other intake consumer takes this record."""


NOT_MINE = NotMine()


def read_claim(record: Record, reader: IntakeReader) -> Claim | NotMine | Unreadable:
    """Read one record of an intake topic as `reader` sees it. Never raises on bad input."""
    if _is_registrys(record) != (reader is IntakeReader.REGISTRY):
        return NOT_MINE
    try:
        envelope = from_headers(record.headers)
    except EnvelopeInvalid as error:
        return Unreadable(record, DeadLetterReason.MALFORMED, error.field, error.problem)
    speaker = _speaker(record.topic, envelope.source)
    if speaker is None:
        detail = "is not the one that this topic belongs to; publish on the topic of your own"
        return Unreadable(record, DeadLetterReason.FORGED_SOURCE, "ce_source", detail, envelope)
    return _read_body(record, envelope, speaker)


def _is_registrys(record: Record) -> bool:
    for name, value in record.headers:
        if name == "ce_type":
            return value in _REGISTRY_TYPES
    return False


def conflicting(conflict: Conflict) -> Unreadable:
    """Return the dead letter of a claim whose id was used before with other words; it says which differ."""
    claim, differences = conflict
    detail = f"was used before with another {' and another '.join(differences)}; give every new event a new id"
    return Unreadable(claim.record, DeadLetterReason.IDENTITY_CONFLICT, "ce_id", detail, claim.envelope)


def objection(claim: Claim) -> Unreadable | None:
    """Return the dead letter of a new claim that may not be accepted, or none.

    Such a one says another content type than JSON, is about something else than its envelope says, is too large, or
    holds a citizen's national id in clear. Asked of new claims alone: what was accepted before these rules is read as
    it was.
    """
    topic = topic_of(claim.record.topic)
    assert topic is not None, "a claim is spoken on a topic of the table"
    record, envelope, event = claim.record, claim.envelope, claim.event
    if strange := content_type_problem(record.headers):
        return Unreadable(record, DeadLetterReason.MALFORMED, *strange, envelope)
    if lost := astray(event, envelope.subject, record.key):
        return Unreadable(record, DeadLetterReason.MISADDRESSED, lost.field, lost.problem, envelope)
    if large := beyond(topic, event, len(record.value or b"")):
        return Unreadable(record, DeadLetterReason.TOO_LARGE, large.field, large.problem, envelope)
    if odd := implausible(event):
        return Unreadable(record, DeadLetterReason.MALFORMED, odd.field, odd.problem, envelope)
    if told := revealed(event):
        return Unreadable(record, DeadLetterReason.NATIONAL_ID, told.field, told.problem, envelope)
    return None


def _read_body(record: Record, envelope: Envelope, speaker: tuple[SpeakerKind, str]) -> Claim | Unreadable:
    model = _model_of(record.topic, envelope.type)
    if model is None:
        if envelope.type in all_events():
            reason, detail = DeadLetterReason.WRONG_TOPIC, "may not be said on this topic; see the AsyncAPI document"
        else:
            reason, detail = DeadLetterReason.UNKNOWN_TYPE, "is no event of the bus; see the AsyncAPI document"
        return Unreadable(record, reason, "ce_type", detail, envelope)
    if not record.value:
        return Unreadable(record, DeadLetterReason.MALFORMED, "body", "is empty; send a JSON object", envelope)
    try:
        event = parse(model, record.value)
        digest = body_hash(record.value)
    except EventInvalid as error:
        return Unreadable(record, DeadLetterReason.MALFORMED, error.field, error.problem, envelope)
    except ValueError:
        return Unreadable(record, DeadLetterReason.MALFORMED, "body", "is not JSON; send UTF-8 JSON", envelope)
    return Claim(record, envelope, event, digest, about_hash(envelope.type, envelope.subject), *speaker)


@lru_cache(maxsize=NAMES_KEPT)
def _model_of(topic: str, event_type: str) -> type[Event] | None:
    """Return the model of `event_type` when `topic` may carry it, else none."""
    known = topic_of(topic)
    return None if known is None else events_by_type(known).get(event_type)


@lru_cache(maxsize=NAMES_KEPT)
def _speaker(topic: str, source: str) -> Sender | None:
    """Return who speaks when `source` may speak on `topic`, else none."""
    return sender_of(source) if speaker_allowed(topic, source) else None
