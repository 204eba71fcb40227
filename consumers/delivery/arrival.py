"""From a record of a log to what delivery looks at first: what it is, and its place in the order of its subject."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from consumers.delivery.domain.telling import TOLD
from consumers.delivery.domain.whom import Body
from consumers.logs import LogUnreadable
from consumers.runner.records import Record
from schemas.envelope import EnvelopeInvalid, from_headers
from schemas.log_requests import WindowMarked
from schemas.topics import LOG_REQUESTS

_MARKER = WindowMarked.type_name()


class Arrival(NamedTuple):
    """One record with its headers read. `ordered` says that it is the `sequence`-th event about `key`.

    Only the requests' log has such an order without gaps; an event of another log stands alone, and its key is its
    place.
    """

    record: Record
    key: str
    event_id: str
    event_type: str
    time: datetime
    subject: str | None
    ordered: bool
    sequence: int

    @property
    def queue(self) -> str | None:
        """The subject in whose order it stands."""
        return self.key if self.ordered else None

    @property
    def is_told(self) -> bool:
        """Whether anybody is told of such events. What a newer version of the bus says is not."""
        return self.event_type in TOLD

    def body(self) -> Body:
        """Return the body as JSON has it. Raises `LogUnreadable`."""
        try:
            body = orjson.loads(self.record.value or b"")
        except ValueError:
            raise LogUnreadable("body", "is not JSON; the bus writes a JSON object with every event") from None
        if not isinstance(body, dict):
            raise LogUnreadable("body", "is not one JSON object, as the bus writes with every event")
        return body


def read_arrival(record: Record) -> Arrival:
    """Read the headers of one record of a log.

    Raises:
        LogUnreadable: a header that the bus always writes is missing or malformed.
    """
    try:
        envelope = from_headers(record.headers)
    except EnvelopeInvalid as error:
        raise LogUnreadable(error.field, error.problem) from None
    if envelope.time is None:
        raise LogUnreadable("ce_time", "is missing; the bus writes it on every event of its logs")
    about = (envelope.id, envelope.type, envelope.time, envelope.subject)
    if record.topic != LOG_REQUESTS.name or envelope.type == _MARKER:
        return Arrival(record, place_key(record), *about, ordered=False, sequence=0)
    if envelope.sequence is None:
        raise LogUnreadable("ce_sequence", "is missing; the bus writes it on every event about a request")
    return Arrival(record, _subject_key(record), *about, ordered=True, sequence=envelope.sequence)


def place_key(record: Record) -> str:
    """Return where a record lies: under this it waits, if it has no subject whose events follow each other."""
    return f"{record.topic}/{record.partition}/{record.position}"


def _subject_key(record: Record) -> str:
    try:
        return str(UUID((record.key or b"").decode()))
    except ValueError:
        raise LogUnreadable("key", "is not the id of a request or an act") from None
