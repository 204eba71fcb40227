"""From a record of the requests' log to what settlement looks at first: who it is about, and its place in the order."""

from datetime import datetime
from typing import NamedTuple

from consumers.logs import LogUnreadable, event_of
from consumers.runner.records import Record
from schemas.base import Event
from schemas.log_requests import DisputeMarked, WindowMarked

MARKER = WindowMarked.type_name()
DISPUTE = DisputeMarked.type_name()
UUID_LENGTH = 36


class Arrival(NamedTuple):
    """One record with its headers read; the body is decoded only when it matters.

    `subject` is the id of the request, or the act's own, as text; `sequence` its place there. A marker has neither.
    """

    record: Record
    key: str
    event_id: str
    event_type: str
    time: datetime
    subject: str | None
    sequence: int

    @property
    def queue(self) -> str | None:
        """The subject in whose order it stands."""
        return self.subject

    def decode(self) -> Event:
        """Return the typed event. Raises `EventInvalid` or `LogUnreadable`."""
        return event_of(self.record, self.event_type)


def read_arrival(record: Record) -> Arrival:
    """Read the headers of one record of the requests' log.

    Raises:
        LogUnreadable: a header that the bus always writes is missing or malformed.
    """
    headers = dict(record.headers)
    try:
        event_type = _text(headers, "ce_type")
        key = (record.key or b"").decode()
        marker = event_type == MARKER
        if not marker and len(key) != UUID_LENGTH:
            raise LogUnreadable("key", "is not the id of a request or an act")
        return Arrival(
            record=record,
            key=key,
            event_id=_text(headers, "ce_id"),
            event_type=event_type,
            time=datetime.fromisoformat(_text(headers, "ce_time")),
            subject=None if marker else key,
            sequence=0 if marker else int(_text(headers, "ce_sequence")),
        )
    except LogUnreadable:
        raise
    except ValueError as error:
        raise LogUnreadable("headers", f"or key: {error}") from None


def _text(headers: dict[str, bytes | None], name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise LogUnreadable(name, "is missing; the bus writes it on every event of its logs")
    return value.decode()
