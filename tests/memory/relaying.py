"""One relay over the database and the broker in memory, turned by hand; time stands still unless a test moves it."""

from collections import Counter
from threading import Event

from producers.relay import Relay, RelayPace
from schemas.envelope import Envelope
from schemas.message import Message
from tests.memory.broker import MemoryBroker, MemoryLog
from tests.memory.outbox import CREATED, MemoryRelayOutbox
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase, Offset, Outgoing
from tests.memory.telemetry import MemoryRelayReport


def outgoing(number: int, *, topic: str = "log", partition: int = 0, key: str = "key", padding: int = 0) -> Outgoing:
    """Return one row; its body is its number, behind so many zeros."""
    envelope = Envelope(str(number), "/bus", "t", time=CREATED)
    return Outgoing(Message(topic, key, envelope, b"0" * padding + str(number).encode(), partition), partition)


class RelayBench:
    """A relay, alone or `beside` another one on the same database and broker."""

    def __init__(self, rows_max: int = 100, beside: "RelayBench | None" = None) -> None:
        self.seconds = 0.0
        self.database: BusDatabase = beside.database if beside else BusDatabase(lambda: self.seconds)
        self.broker: MemoryBroker = beside.broker if beside else MemoryBroker()
        if beside is None:
            self.broker.make("log", 4)
        self.report = MemoryRelayReport()
        self.logs: list[MemoryLog] = []
        self.waits: list[float] = []
        self.stop = Event()
        self.stop.wait = self._wait  # type: ignore[method-assign]  # no test waits in real time
        self._sessions: list[BusSession] = []
        self.relay = Relay(
            self._connect_outbox,
            self._connect_log,
            self.report,
            pace=RelayPace(rows_max=rows_max, missing_topic_seconds=5.0),
            chance=lambda: 0.5,
            monotonic=lambda: self.seconds,
        )

    def add(self, *numbers: int, topic: str = "log", partition: int = 0, key: str = "key", padding: int = 0) -> None:
        """Let rows with these ids be committed."""
        self.database.outbox.rows |= {
            each: outgoing(each, topic=topic, partition=partition, key=key, padding=padding) for each in numbers
        }

    def decide(self, number: int, decision: str) -> None:
        """Let a person decide on a row that was set aside; the relay sees it after a while."""
        rows = self.database.aside.rows
        rows[number] = rows[number]._replace(decision=decision)
        self.seconds += 1.0

    def pass_by(self, topic: str, position: int) -> None:
        """Let a consumer stand at this position of the topic's first partition."""
        where = next(where for where in self.broker.logs if (where.topic, where.number) == (topic, 0))
        self.database.offsets.rows["consumer", where] = Offset(position)

    def publish_again(self, number: int) -> None:
        """Let this row be published as if it had never been."""
        rows = self.database.outbox.rows
        rows[number] = rows[number]._replace(published=False)

    def turns(self, count: int = 1) -> None:
        """Let the relay turn."""
        for _ in range(count):
            self.relay.turn(self.stop)

    def away(self) -> str | None:
        """Return what the relay waits for."""
        return self.report.waits_for

    @property
    def numbers(self) -> list[int]:
        """What the broker has, in the order in which it came."""
        return [int(record.value or b"") for record in self.broker.history]

    @property
    def published(self) -> set[int]:
        """What is noted as published."""
        return {number for number, row in self.database.outbox.rows.items() if row.published}

    @property
    def maintained(self) -> int:
        """How often the table was seen to."""
        return self._steps("sees to the table")

    @property
    def sweeps(self) -> int:
        """How often dead letters were seen to."""
        return self._steps("lets dead letters go")

    def _steps(self, name: str) -> int:
        steps: Counter[str] = Counter()
        for session in self._sessions:
            steps += session.steps
        return steps[name]

    def _connect_outbox(self) -> MemoryRelayOutbox:
        session = BusSession(self.database)
        self._sessions.append(session)
        return MemoryRelayOutbox(session, f"relay-{id(self)}")

    def _connect_log(self) -> MemoryLog:
        self.logs.append(MemoryLog(self.broker))
        return self.logs[-1]

    def _wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.stop.is_set()
