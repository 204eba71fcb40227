"""What the ledger wrote, as messages for the settlement's log."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.settlement.arrival import Arrival
from consumers.settlement.domain.booking import Booking
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.identity import derived_id
from schemas.log_settlement import StatementIssued, WindowClosed
from schemas.message import Message
from schemas.topics import LOG_SETTLEMENT

SOURCE = "/bus"


class Announcement(NamedTuple):
    """One booked transaction with the event that caused it, and the body of what is said about it."""

    booking: Booking
    body: bytes
    arrival: Arrival
    transaction_id: UUID
    request_id: UUID | None

    @property
    def moves_loads(self) -> bool:
        """Whether it changes an office's position, so that its message needs a place in the loads' order."""
        return self.booking.exposure_rial < 0 or self.booking.income_rial != 0


def messages_of(announcements: Iterable[Announcement], load_revision: int | None) -> Iterator[Message]:
    """Yield one message per transaction, in order.

    A request's messages lie in the partition of its own log, so that they keep its order; an office's act goes by the
    office. `sequence` is the causing event's: it grows along a request, with gaps.
    """
    load_index = 0
    for announcement in announcements:
        booking, body, arrival, transaction_id, request_id = announcement
        key = arrival.key if request_id is not None or booking.office is None else booking.office
        moves_loads = announcement.moves_loads
        assert load_revision is not None or not moves_loads, "a change of loads has a revision"
        envelope = Envelope(
            id=str(transaction_id),
            source=SOURCE,
            type=booking.announcement.type_name(),
            subject=key,
            time=arrival.time,
            sequence=None if request_id is None else arrival.sequence,
            load_revision=load_revision if moves_loads else None,
            load_index=load_index if moves_loads else None,
        )
        load_index += moves_loads
        partition = None if request_id is None else arrival.record.partition
        yield Message(LOG_SETTLEMENT.name, key, envelope, body, partition)


def window_messages(closed: WindowClosed, statements: Sequence[StatementIssued]) -> list[Message]:
    """Return a window's closing and its statements, under one key, so that they are read in this order."""
    key = str(closed.window)
    closing = _window_message(key, f"window-{key}", 0, closed, closed.closed_at)
    return [
        closing,
        *(
            _window_message(key, statement.account, number, statement, closed.closed_at)
            for number, statement in enumerate(statements, start=1)
        ),
    ]


def _window_message(key: str, subject: str, number: int, event: Event, time: datetime) -> Message:
    identity = derived_id(SOURCE, f"settlement-window-{key}", number)
    envelope = Envelope(id=identity, source=SOURCE, type=event.type_name(), subject=subject, time=time)
    return Message(LOG_SETTLEMENT.name, key, envelope, encode(event))
