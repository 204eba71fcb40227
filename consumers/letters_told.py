"""Dead letters of intake become events of a log, so that whoever spoke has them in a feed; a flood is told in part.

They are written in the transaction that keeps the letters. Of one topic, which belongs to one speaker, no more are told
than letters of it may stay; what is left out is counted in the next one that is told.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol

from consumers.intake import Unreadable
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.identity import derived_id
from schemas.limits import LETTERS_TOLD
from schemas.log_letters import ClaimSetAside
from schemas.message import Message
from schemas.topics import INTAKE_PREFIX, LOG_LETTERS

SOURCE = "/bus"
_SHORT, _LONG = 200, 2_000


class Allowed(NamedTuple):
    """How many letters of one topic may be told now, and how many were kept untold since the last one that was."""

    letters: int
    untold_before: int


class LetterQuota(Protocol):
    """What is left of each topic's share."""

    def allow(self, wanted: Mapping[str, int]) -> Mapping[str, Allowed]:
        """Lock the shares of these topics, in name order, and take what may be told; note how many stay untold."""


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Sequence[Message]) -> None:
        """Add messages in their order."""


def granted(owed_seconds: float, wanted: int) -> int:
    """Return how many of `wanted` letters may be told by who told others: their time is over in `owed_seconds`."""
    room_seconds = LETTERS_TOLD.at_once * LETTERS_TOLD.seconds_each - max(0.0, owed_seconds)
    return max(0, min(wanted, int(room_seconds // LETTERS_TOLD.seconds_each)))


def tell_letters(
    quota: LetterQuota, outbox: Outbox, letters: Sequence[Unreadable], business: Callable[[datetime], datetime]
) -> None:
    """Publish letters that are new, as far as their topics' shares go; `business` turns the broker's time into ours."""
    of_intake = [letter for letter in letters if letter.record.topic.startswith(INTAKE_PREFIX)]
    if not of_intake:
        return
    allowed = quota.allow(Counter(letter.record.topic for letter in of_intake))
    told: Counter[str] = Counter()
    messages = []
    for letter in of_intake:
        topic = letter.record.topic
        if told[topic] < allowed[topic].letters:
            before = 0 if told[topic] else allowed[topic].untold_before
            messages.append(_message(letter, before, business(letter.record.appended_at)))
            told[topic] += 1
    outbox.add(messages)


def _message(letter: Unreadable, untold_before: int, time: datetime) -> Message:
    record, envelope = letter.record, letter.envelope
    event = ClaimSetAside(
        topic=record.topic,
        partition=record.partition,
        position=record.position,
        claim_id=None if envelope is None else _clean(envelope.id, _SHORT),
        claim_source=None if envelope is None else _clean(envelope.source, _SHORT),
        claim_type=None if envelope is None else _clean(envelope.type, _SHORT),
        reason=letter.reason,
        field=_clean(letter.field, _SHORT),
        detail=_clean(letter.detail, _LONG),
        untold_before=untold_before,
    )
    # Both intake consumers may keep a letter of the same place: it is one event. A topic that was made anew has the
    # same places and other bodies.
    place = f"{record.topic}/{record.partition}/{record.position}/{sha256(record.value or b'').hexdigest()}"
    envelope_of_event = Envelope(derived_id(SOURCE, place, 0), SOURCE, event.type_name(), record.topic, time)
    return Message(LOG_LETTERS.name, record.topic, envelope_of_event, encode(event))


def _clean(text: str, length: int) -> str:
    """Return `text` as an event holds it, whoever chose it: no lone surrogate, no zero, at least one sign."""
    clean = text[:length].encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return clean or "?"
