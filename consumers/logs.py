"""Records of the bus's own logs, read: what a record is, which event it holds, and what cannot be one of ours.

Of intake anybody may write anything (`consumers.intake`); a record of a log that does not hold is a fault, since only
the relay writes there.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Protocol

from consumers.runner.records import Record
from schemas.base import Event
from schemas.decode import Received, events_by_type, parse
from schemas.envelope import from_headers
from schemas.problems import FieldProblem
from schemas.topics import topic_of

#: Called with records read and records in all, while a log is read.
Progress = Callable[[int, int], None]


class LogUnreadable(FieldProblem):
    """A record of the bus's own log that this version of the bus cannot have written; `field` is a header or path."""


class Logs(Protocol):
    """The logs as they are now, from their beginnings."""

    def partitions(self, topic: str) -> int:
        """Return how many partitions `topic` has; 0 when there is no such topic. Raises `BrokerUnavailable`."""

    def records(
        self, topics: Collection[str], only_partition: int | None = None, progress: Progress | None = None
    ) -> Iterator[Record]:
        """Yield every record that `topics` hold now, each partition in its order, partitions interleaved.

        Raises `BrokerUnavailable`, also half-way.
        """


def event_of(record: Record, event_type: str) -> Event:
    """Return the typed event of a record whose header says `event_type`. Raises `EventInvalid` or `LogUnreadable`."""
    topic = topic_of(record.topic)
    model = None if topic is None else events_by_type(topic).get(event_type)
    if model is None:
        raise LogUnreadable("ce_type", f"is no event that this version of the bus writes to {record.topic}")
    if record.value is None:
        raise LogUnreadable("body", "is missing; the bus writes one with every event")
    return parse(model, record.value)


def read_log(record: Record) -> Received:
    """Return a record of a log as the event that it is. Raises `EnvelopeInvalid`, `EventInvalid` or `LogUnreadable`."""
    envelope = from_headers(record.headers)
    return Received(envelope, event_of(record, envelope.type))
