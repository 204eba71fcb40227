"""The load of a trial: a thread that writes down what it is about to say, and says it until it is acknowledged.

Agencies' claims go straight to their topics, those of desks and of the directorate through the outbox, as in life.
Whatever is away is waited for, and everything is said again under the same id.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from threading import Event as Signal
from threading import Thread
from typing import Protocol

from connectors.broker.log_producer import LogProducer
from connectors.database.publication.outbox import outbox_opener
from connectors.database.sql.engine import build_engine
from deploy.faults.journal import Journal
from deploy.faults.province import AGENCIES
from deploy.faults.visits import VisitClaim
from deploy.settings import Settings
from producers.ports import LogUnavailable, OutboxRow, OutboxUnavailable, TopicMissing
from schemas.envelope import to_headers
from schemas.message import Message
from schemas.partition import partition_of
from schemas.topics import INTAKE_AGENCY, topic_of

#: Batches of claims by default: so many visits, so often.
VISITS_AT_ONCE = 3
PAUSE_SECONDS = 0.1
AGAIN_SECONDS = 0.3
_DIRECT = frozenset(INTAKE_AGENCY.for_agency(code) for code in AGENCIES)

Batch = Sequence[VisitClaim]


class Speaks(Protocol):
    """What a load is said with."""

    def to_broker(self, messages: Sequence[Message]) -> None:
        """Write to the topics themselves. Raises `LogUnavailable`."""

    def to_outbox(self, messages: Sequence[Message]) -> None:
        """Put into the outbox. Raises `OutboxUnavailable`."""


class Mouth:
    """Says messages; nothing connects before the first call, and what is away is connected to again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = build_engine(settings.worker_database_url(), "pishkhan trial")
        self._open_outbox = outbox_opener(self._engine)
        self._producer: LogProducer | None = None

    def to_broker(self, messages: Sequence[Message]) -> None:
        """Write to the topics themselves. Raises `LogUnavailable`: some may be there, and all may be said again."""
        try:
            self.raw_to_broker([row_of(message) for message in messages])
        except TopicMissing as missing:
            raise LogUnavailable(f"no topic {missing}") from missing
        except LogUnavailable:
            self._close_producer()
            raise

    def raw_to_broker(self, rows: Sequence[OutboxRow]) -> None:
        """Write records as they are, whatever they are. Raises `LogUnavailable`."""
        if self._producer is None:
            self._producer = LogProducer(self._settings.kafka_admin_login())
        self._producer.send(rows)()

    def to_outbox(self, messages: Sequence[Message]) -> None:
        """Put messages into the outbox. Raises `OutboxUnavailable`: whether they are in it is not known."""
        with self._open_outbox() as outbox:
            outbox.add(messages)

    def close(self) -> None:
        """End all connections."""
        self._close_producer()
        self._engine.dispose()

    def _close_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()


class Load:
    """Says `visits` in the background, from `start` to `stop`.

    `may_go_on` is asked before each, so that a load which goes as fast as it can does not run away from the bus.
    """

    def __init__(
        self,
        mouth: Speaks,
        journal: Journal,
        visits: Iterator[list[VisitClaim]],
        *,
        visits_at_once: int = VISITS_AT_ONCE,
        pause_seconds: float = PAUSE_SECONDS,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._mouth = mouth
        self._journal = journal
        self._visits = visits
        self._visits_at_once = visits_at_once
        self._pause_seconds = pause_seconds
        self._may_go_on = may_go_on
        self._enough = Signal()
        self._give_up = Signal()
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def stop(self, patience_seconds: float = 60.0) -> None:
        """Finish what is being said. Raises what the thread failed with, and `LogUnavailable` when nothing answers."""
        self._enough.set()
        self._thread.join(patience_seconds)
        if self._thread.is_alive():
            self.abandon()
            raise LogUnavailable(f"broker and outbox took nothing for {patience_seconds:.0f} s")
        if self._failure is not None:
            raise self._failure

    def abandon(self) -> None:
        """Leave what is being said unsaid, or at least unacknowledged."""
        self._enough.set()
        self._give_up.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._enough.is_set():
                if self._may_go_on():
                    self.say([said for visit in islice(self._visits, self._visits_at_once) for said in visit])
                self._enough.wait(self._pause_seconds)
        except BaseException as failure:
            self._failure = failure

    def say(self, batch: Iterable[VisitClaim], *, past_the_outbox: bool = False) -> None:
        """Write `batch` down, say it until all of it is acknowledged, and write that down."""
        said = list(batch)
        self._journal.said(said)
        direct = [one.message for one in said if past_the_outbox or one.message.topic in _DIRECT]
        others = [one.message for one in said if not past_the_outbox and one.message.topic not in _DIRECT]
        done = all(
            self._until_done(partial(act, messages))
            for act, messages in ((self._mouth.to_broker, direct), (self._mouth.to_outbox, others))
            if messages
        )
        if done:
            self._journal.acknowledged(said)

    def _until_done(self, act: Callable[[], None]) -> bool:
        while not self._give_up.is_set():
            with suppress(LogUnavailable, OutboxUnavailable):
                act()
                return True
            self._give_up.wait(AGAIN_SECONDS)
        return False


def row_of(message: Message) -> OutboxRow:
    """Return `message` as a producer takes it: the same form that the relay gives it."""
    topic, moment = topic_of(message.topic), message.envelope.time
    assert topic is not None, "only topics of the table are spoken on"
    assert moment is not None, "a claim has its time"
    partition = partition_of(message.key, topic.partitions)
    return OutboxRow(
        0, moment, message.topic, partition, message.key.encode(), to_headers(message.envelope), message.body
    )
