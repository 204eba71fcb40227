"""The dead letter of what is passed without being applied: what it was, why nobody could, and who passed it."""

from enum import StrEnum

from consumers.intake import Unreadable
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import HaltNote, Record
from schemas.envelope import Envelope, EnvelopeInvalid, from_headers


def letter_of(
    halt: HaltNote, record: Record, reason: StrEnum, by: str | None = None, why: str | None = None
) -> Unreadable:
    """Return the dead letter of `record`, at which `halt` is; `by` and `why` are the operator's who passed it."""
    place = f"position {halt.move.start}"
    if halt.move.end > halt.move.start + 1:
        place = f"positions {halt.move.start} to {halt.move.end - 1}"
    detail = f"{place}, {halt.length} bytes: {halt.cause}: {halt.why}"
    if by is not None:
        detail = f"passed by {by}: {why}; {detail}"
    return Unreadable(record, DeadLetterReason(reason), "record", detail, _envelope_of(record))


def _envelope_of(record: Record) -> Envelope | None:
    try:
        return from_headers(record.headers)
    except EnvelopeInvalid:
        return None
