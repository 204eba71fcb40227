"""From a record of a log to what the figures learn from it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consumers.intake import Unreadable
from consumers.kpi.domain.facts import TEACHING, Income, income_of, subject_of
from consumers.logs import event_of
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas.base import Event
from schemas.decode import all_events
from schemas.envelope import Envelope, EnvelopeInvalid, from_headers
from schemas.problems import FieldProblem
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT

TOPICS = (LOG_REQUESTS.name, LOG_SETTLEMENT.name)

_TEACHING = frozenset(model.type_name() for model in TEACHING)
_TEACHING_HEADERS = frozenset(name.encode() for name in _TEACHING)
_KNOWN_HEADERS = frozenset(name.encode() for name in all_events())


@dataclass(frozen=True, slots=True)
class Lesson:
    """One event about one request. A settlement event has no sequence of the request's own: zero."""

    record: Record
    request_id: UUID
    event: Event
    sequence: int
    time: datetime

    def income(self) -> Income | None:
        """Return the income in it, or none."""
        return income_of(self.event, self.time)


def read_lesson(record: Record) -> Lesson | Unreadable | None:
    """Read one record; none when figures do not rest on its type. Never raises on bad input."""
    if record.unread is not None:
        return Unreadable(record, DeadLetterReason.MALFORMED, "record", record.unread.why)
    kind = next((value for name, value in record.headers if name == "ce_type"), None)
    if kind not in _TEACHING_HEADERS and kind in _KNOWN_HEADERS:
        return None
    try:
        envelope = from_headers(record.headers)
    except EnvelopeInvalid as error:
        return Unreadable(record, DeadLetterReason.MALFORMED, error.field, error.problem)
    if envelope.type not in _TEACHING:
        detail = "is no event of this version of the bus"
        return Unreadable(record, DeadLetterReason.UNKNOWN_TYPE, "ce_type", detail, envelope)
    return _read_body(record, envelope)


def _read_body(record: Record, envelope: Envelope) -> Lesson | Unreadable:
    if envelope.time is None:
        return Unreadable(record, DeadLetterReason.MALFORMED, "ce_time", "is missing on a log", envelope)
    try:
        event = event_of(record, envelope.type)
    except FieldProblem as error:
        return Unreadable(record, DeadLetterReason.MALFORMED, error.field, error.problem, envelope)
    request_id = subject_of(event)
    assert request_id is not None, "an event that teaches is about a request"
    return Lesson(record, request_id, event, envelope.sequence or 0, envelope.time)
