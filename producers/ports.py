"""What deciding and relaying need from the outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from schemas.message import Message
from schemas.partition import Place


class OutboxUnavailable(Exception):
    """The database cannot be reached; nothing was written, nothing is lost."""


class LogUnavailable(Exception):
    """The broker did not acknowledge everything; what it has or has not is unknown, so the same rows go again."""


class TopicMissing(Exception):
    """The broker answers, but has no such topics; nothing was sent. Rows for other topics need not wait for these."""

    def __init__(self, topics: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(topics)))
        self.topics = topics


class RowsRefused(Exception):
    """The broker answers, and will never take some rows: `refused` says why, by row id. Those whose ids are
    `acknowledged` are in the log; what is neither lies behind a refused one of its key and was not sent.

    The broker judges batches, so of several refused rows some may be there only beside the one at fault.
    """

    def __init__(self, refused: Mapping[int, str], acknowledged: Collection[int]) -> None:
        super().__init__("; ".join(f"{row}: {why}" for row, why in refused.items()))
        self.refused = refused
        self.acknowledged = frozenset(acknowledged)


class OutboxWriter(Protocol):
    """The outbox inside one open transaction."""

    def add(self, messages: Sequence[Message]) -> None:
        """Add messages; they are published after the commit, in this order per key."""


#: Opens a transaction on the outbox; leaving it commits. May raise `OutboxUnavailable`.
OpenOutbox = Callable[[], AbstractContextManager[OutboxWriter]]
#: Returns the business time of this moment.
Now = Callable[[], datetime]
#: Returns a new UUIDv7.
NewId = Callable[[], UUID]


class OutboxRow(NamedTuple):
    """One row that is to be published, as the log will have it. `created_at` finds its daily partition."""

    id: int
    created_at: datetime
    topic: str
    partition: int
    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


class Outbox(Protocol):
    """The outbox as the relay sees it, over one connection that also holds the shards' locks.

    Every call may raise `OutboxUnavailable`; then the locks are gone with the connection.
    """

    def shards(self) -> Collection[int]:
        """Take every shard that is free, and return all that are held now."""

    def unpublished(self, limit: int, passed_over: Collection[str]) -> Sequence[OutboxRow]:
        """Return up to `limit` unpublished rows of each held shard, the first by id: never "after the last one seen".

        Rows for the topics in `passed_over` are left where they are, and so is a row that was set aside, with all later
        ones of its key in that topic, until somebody decides.
        Ids are drawn before commits, so a row with a small id may appear late.
        """

    def published(self, rows: Sequence[OutboxRow]) -> None:
        """Note that the log has acknowledged `rows`."""

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        """Note on record that `row` can never be published as things are, and why. Its key waits from now on."""

    def held(self) -> Collection[Place]:
        """Return where keys wait behind a row that was set aside, as `shards` or `set_aside` saw it last."""

    def passed(self) -> Mapping[Place, int]:
        """Return the furthest next position of any consumer in each partition."""

    def wait(self, seconds: float) -> None:
        """Return when something was added, or after `seconds`."""

    def let_letters_go(self) -> bool:
        """Let go, with a count on record, some of the dead letters that are old or have no room.

        Says whether there are probably more. No speaker's flood takes the room of another's letters.
        """

    def maintain(self) -> None:
        """Make the coming days' partitions, and drop those whose rows are old and published."""

    def close(self) -> None:
        """Give up the locks and the connection."""


class Log(Protocol):
    """The broker's writing side, idempotent and acknowledged by all replicas."""

    def send(self, rows: Sequence[OutboxRow]) -> Callable[[], None]:
        """Hand rows over; the returned call waits until all are acknowledged.

        Both may raise `LogUnavailable`; `send` raises `TopicMissing`, the call `RowsRefused`. After any of them but
        `TopicMissing` this connection is to be closed.
        """

    def reach(self) -> None:
        """Ask the broker for a sign of life. Raises `LogUnavailable`."""

    def was_away(self) -> bool:
        """Say whether a broker may have been away since this was asked last, so that logs may end elsewhere now."""

    def ends(self, places: Collection[Place]) -> Mapping[Place, int]:
        """Return where those of `places` that are there end now. May raise `LogUnavailable`."""

    def close(self) -> None:
        """Forget what was not acknowledged and end the connection."""


class RelayReport(Protocol):
    """What the relay reports about itself. No call blocks or raises."""

    def published(self, rows: int, seconds: float) -> None:
        """`rows` were acknowledged and noted, in `seconds` of real time."""

    def holding(self, shards: int) -> None:
        """How many shards this relay holds; none makes it a stand-by."""

    def working(self) -> None:
        """Database and broker answer."""

    def waiting_for_database(self, why: str) -> None:
        """The database is away."""

    def topics_missing(self, topics: Collection[str]) -> None:
        """Rows for these topics wait until somebody makes them; none: nothing waits for a topic."""

    def logs_cut(self, topics: Collection[str]) -> None:
        """Rows for these topics wait until somebody repairs them; none: nothing waits for a repair."""

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        """`row` can never be published as things are; it and all later ones of its key wait for a person."""

    def held(self, places: Collection[Place]) -> None:
        """In these partitions keys wait behind rows that were set aside; none: nothing does."""

    def waiting_for_broker(self, why: str) -> None:
        """The broker is away."""
