"""From decided log events to messages: envelope, body, and the place in the order of loads."""

from collections.abc import Sequence

from consumers.requests.cases import Decided
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.message import Message
from schemas.topics import LOG_REQUESTS

SOURCE = "/bus"


def messages(decided: Sequence[Decided], load_revision: int | None) -> list[Message]:
    """Return the messages of one batch, in the order of decisions.

    `load_revision` is the one that the batch made, none when it changed no loads; with it, every message says its
    place in the batch, so that a decision can be recomputed with the loads it saw.
    """
    return [
        Message(
            LOG_REQUESTS.name,
            one.key,
            Envelope(
                one.event_id,
                SOURCE,
                one.event.type_name(),
                one.key,
                one.time,
                one.sequence,
                load_revision,
                None if load_revision is None else index,
            ),
            encode(one.event),
            one.partition,
        )
        for index, one in enumerate(decided)
    ]
