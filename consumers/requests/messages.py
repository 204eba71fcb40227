"""From decided log events to messages: envelope, body, and the place in the order of loads."""

from collections.abc import Iterator, Mapping, Sequence

from consumers.requests.cases import Decided
from schemas.envelope import Envelope
from schemas.message import Message
from schemas.partition import partitions_of
from schemas.topics import LOG_REQUESTS

SOURCE = "/bus"


def partitions_by_key(decided: Sequence[Decided]) -> Mapping[str, int]:
    """Return the partition of every key that is decided on: it takes no lock, so it is asked before there is one."""
    return partitions_of((one.key for one in decided), LOG_REQUESTS.partitions)


def messages(decided: Sequence[Decided], partitions: Mapping[str, int], load_revision: int | None) -> Iterator[Message]:
    """Yield the messages of one batch, in the order of decisions; `partitions` are those of `partitions_by_key`.

    `load_revision` is the one that the batch made, none when it changed no loads; with it, every message says its
    place in the batch, so that a decision can be recomputed with the loads it saw.
    """
    for index, (event_type, body, event_id, key, time, sequence, partition) in enumerate(decided):
        place = None if load_revision is None else index
        envelope = Envelope(event_id, SOURCE, event_type, key, time, sequence, load_revision, place)
        yield Message(LOG_REQUESTS.name, key, envelope, body, partitions[key] if partition is None else partition)
