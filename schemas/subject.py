"""What an event is about: the subject of its envelope and the key of its Kafka message."""

from typing import NamedTuple
from uuid import UUID

from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas.base import Event

_CODE_FIELDS = ("service", "agreement", "office", "policy", "calendar", "territory")
#: The header and the part of a Kafka message that `astray` names.
SUBJECT, KEY = "ce_subject", "key"


class Astray(NamedTuple):
    """An event whose envelope or key is about something else than its body: where, and what is wrong and to do."""

    field: str
    problem: str


def subject_of(event: Event) -> str | None:
    """Return the request id, or the code of what the event is about; none for an act that only has its own id."""
    own_id = _id_of(event)
    if own_id is not None:
        return str(own_id)
    if isinstance(event, directorate.WindowCloseRequested):
        return f"window-{event.window}"
    if isinstance(event, agency.AgreementConfirmed | agency.AgreementVetoed | agency.AgreementPaused):
        return event.agreement
    for name in _CODE_FIELDS:
        value = getattr(event, name, None)
        if value is not None:
            return value if isinstance(value, str) else str(value.code)
    return None


def subject_problem(event: Event, subject: str | None) -> str | None:
    """Return what is wrong with `subject` as that of `event`, or none.

    An id may be spelled in any way that the body may spell it in (upper case, without hyphens). An act that has only
    its own id, as a correction has, may be called anything.
    """
    if subject is None:
        return "is missing; send the request id, or the code of what the body is about"
    expected = subject_of(event)
    if subject == expected or expected is None:
        return None
    if _id_of(event) is not None and subject.lower().replace("-", "") == expected.replace("-", ""):
        return None
    return "is not what the body is about; send the body's request id, or the code of what it is about"


def astray(event: Event, subject: str | None, key: bytes | None) -> Astray | None:
    """Return where a message that carries `event` is about something else than its body, or none.

    Subject first; then the key, by which Kafka's clients choose the partition: only with one key are one speaker's
    words about one thing read in their order.
    """
    problem = subject_problem(event, subject)
    if problem is not None:
        return Astray(SUBJECT, problem)
    if subject is not None and key != subject.encode():
        missing = "is missing" if key is None else "is another"
        return Astray(KEY, f"{missing}; send the text of ce_subject, in UTF-8, as the message's key")
    return None


def _id_of(event: Event) -> UUID | None:
    if isinstance(event, directorate.FineImposed | directorate.FineLifted):
        return event.fine_id
    request_id: UUID | None = getattr(event, "request_id", None)
    return request_id
