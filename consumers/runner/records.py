"""Records and places of logs as consumers see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.partition import Place


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of one incarnation of a topic."""

    topic: str
    topic_id: str
    number: int

    @property
    def place(self) -> Place:
        """Where it is, whichever topic of that name."""
        return Place(self.topic, self.number)


class Span(NamedTuple):
    """Positions from `begin` up to, and without, `end`."""

    begin: int
    end: int


class UnreadReason(StrEnum):
    """Why something in a log cannot be read."""

    #: A batch that is whole, and unpacks to more than a worker makes room for.
    TOO_LARGE = "too_large"
    #: Everything else: damaged, packed with an unknown codec, of another format, or not handed out by the broker.
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Unread:
    """A mark on a record that represents everything from `first` up to its own position.

    Of these only the bytes are known, as they lie in the log: the record's body. `why` quotes none of them.
    """

    first: int
    reason: UnreadReason
    why: str


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record. `appended_at` is the broker's time (real time) for intake topics.

    With `unread` it stands for what cannot be read; no handler is given such a one.
    """

    topic: str
    partition: int
    position: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None
    appended_at: datetime
    unread: Unread | None = None

    @property
    def place(self) -> Place:
        """The partition that it is in."""
        return Place(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one position: from `start` (which must still be true) to `end`."""

    partition: Partition
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class HaltNote:
    """Where one partition is halted and why: before `move`, which only an operator may make.

    `length` and `sha256` are of the body of the record, or of all that cannot be read, as it lies in the log.
    """

    move: Move
    cause: str
    why: str
    length: int
    sha256: bytes
