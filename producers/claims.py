"""What may be published on intake: the speaker decides the topic, and the schema is kept to the letter."""

from collections.abc import Collection
from datetime import datetime

from schemas.base import Event
from schemas.decode import EventInvalid, all_events, encode, events_by_type, parse_strictly
from schemas.envelope import Envelope
from schemas.limits import beyond
from schemas.message import Message
from schemas.national_ids import revealed
from schemas.plausible import implausible
from schemas.problems import FieldProblem
from schemas.speakers import SpeakerKind, sender_of
from schemas.subject import subject_of, subject_problem
from schemas.topics import (
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    INTAKE_OFFICES,
    RESERVED_AGENCY_CODES,
    Topic,
)


class ClaimInvalid(FieldProblem):
    """An event that may not be published; `field` says where, `problem` what is wrong and what to do."""


def message_of(envelope: Envelope, body: bytes, now: datetime) -> Message:
    """Return the message for one claim that was written by hand or by another program.

    `now` is the business time that an envelope without a time gets. Raises `ClaimInvalid`.
    """
    topic, name = topic_of_speaker(envelope.source)
    for field, value in (
        ("sequence", envelope.sequence),
        ("loadrevision", envelope.load_revision),
        ("loadindex", envelope.load_index),
    ):
        if value is not None:
            raise ClaimInvalid(field, "only the bus sets it; leave it out")
    model = events_by_type(topic).get(envelope.type)
    if model is None:
        known = envelope.type in all_events()
        problem = f"may not be said by {envelope.source}" if known else "is no event of the bus"
        raise ClaimInvalid("type", f"{problem}; {name} takes {', '.join(sorted(events_by_type(topic)))}")
    event = _checked(topic, model, body)
    # What the event is about is its key, too, so that one party's claims on it stay in one partition.
    subject = subject_of(event) or envelope.subject or envelope.id
    wrong = None if envelope.subject is None else subject_problem(event, envelope.subject)
    if wrong is not None:
        raise ClaimInvalid("subject", f"{wrong}; or leave it out")
    return Message(name, subject, envelope._replace(subject=subject, time=envelope.time or now), body)


def message_of_body(source: str, model: type[Event], body: bytes, event_id: str, now: datetime) -> Message:
    """Return the message for one event of `model` in JSON, which is read once and published as it is.

    The speaker may say such events: who asks has looked that up. Raises `ClaimInvalid` as for any other claim.
    """
    topic, name = topic_of_speaker(source)
    assert model in topic.events, f"{source} may not say {model.__name__}"
    subject = subject_of(_checked(topic, model, body)) or event_id
    return Message(name, subject, Envelope(event_id, source, model.type_name(), subject, now), body)


def message_from_event(source: str, event: Event, event_id: str, time: datetime) -> Message:
    """Return the message for one typed event. Raises `ClaimInvalid` as for one that was written by hand."""
    envelope = Envelope(event_id, source, event.type_name(), subject_of(event), time)
    return message_of(envelope, encode(event), time)


def check_speaker(source: str, agencies: Collection[str]) -> None:
    """Raise `ClaimInvalid` when `source` is an agency other than `agencies`, those that have an intake topic.

    What it says would be kept, and would wait for its topic for ever.
    """
    sender = sender_of(source)
    if sender is not None and sender.kind is SpeakerKind.AGENCY and sender.code not in agencies:
        known = f"known are {', '.join(sorted(agencies))}" if agencies else "none is known yet, load a province first"
        raise ClaimInvalid("source", f"no agency is called {sender.code}; {known}")


def topic_of_speaker(source: str) -> tuple[Topic, str]:
    """Return the row and the name of the intake topic that belongs to `source`. Raises `ClaimInvalid`."""
    sender = sender_of(source)
    if sender is None:
        raise ClaimInvalid("source", "must be /agencies/CODE, /offices/CODE or /directorate")
    match sender.kind:
        case SpeakerKind.DIRECTORATE:
            return INTAKE_DIRECTORATE, INTAKE_DIRECTORATE.name
        case SpeakerKind.OFFICE:
            return INTAKE_OFFICES, INTAKE_OFFICES.name
        case SpeakerKind.AGENCY:
            if sender.code in RESERVED_AGENCY_CODES:
                raise ClaimInvalid("source", f"no agency may be called {sender.code}")
            return INTAKE_AGENCY, INTAKE_AGENCY.for_agency(sender.code)


def _checked(topic: Topic, model: type[Event], body: bytes) -> Event:
    """Return the event in `body`. Raises `ClaimInvalid` for whatever may not be accepted now."""
    try:
        event = parse_strictly(model, body)
    except EventInvalid as error:
        raise ClaimInvalid(_data(error.field), error.problem) from None
    for wrong in (beyond(topic, event, len(body)), implausible(event), revealed(event)):
        if wrong is not None:
            raise ClaimInvalid(_data(wrong.field), wrong.problem)
    return event


def _data(field: str) -> str:
    return "data" if field == "body" else f"data.{field}"
