"""What workers and relays tell about themselves, remembered."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.records import Partition
from producers.ports import OutboxRow
from schemas.partition import Place


class MemoryTelemetry:
    """Implements `Telemetry` by remembering."""

    def __init__(self) -> None:
        self.records = 0
        self.setbacks: list[Setback] = []
        self.behind: Mapping[str, int] = {}
        self.partitions = 0
        self.waits_for: Setback | None = None
        self.stopped: list[tuple[Partition, Setback]] = []
        self.why: list[str] = []
        self.outcomes: list[tuple[Outcome, int]] = []
        self.again: list[Partition] = []

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        self.outcomes.append((outcome, events))

    def unread_deadlines(self, fired: int) -> None:
        """Take notice of nothing."""

    def committed(self, records: int, seconds: float) -> None:
        self.records += records

    def rolled_back(self, cause: Setback) -> None:
        self.setbacks.append(cause)

    def lag(self, behind: Mapping[str, int]) -> None:
        self.behind = behind

    def owned(self, partitions: int) -> None:
        self.partitions = partitions

    def ready(self) -> None:
        self.waits_for = None

    def unready(self, cause: Setback) -> None:
        self.waits_for = cause

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        self.stopped.append((partition, cause))
        self.why.append(why)

    def resumed(self, partition: Partition) -> None:
        self.again.append(partition)


class MemoryRelayReport:
    """Implements `RelayReport` by remembering."""

    def __init__(self) -> None:
        self.rows = 0
        self.shards = 0
        self.waits_for: str | None = None
        self.missing: Collection[str] = ()
        self.cut: Collection[str] = ()
        self.aside: list[tuple[int, str]] = []
        self.places: Collection[Place] = ()

    def published(self, rows: int, seconds: float) -> None:
        self.rows += rows

    def holding(self, shards: int) -> None:
        self.shards = shards

    def topics_missing(self, topics: Collection[str]) -> None:
        self.missing = topics

    def logs_cut(self, topics: Collection[str]) -> None:
        self.cut = topics

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        self.aside.append((row.id, cause))

    def held(self, places: Collection[Place]) -> None:
        self.places = places

    def working(self) -> None:
        self.waits_for = None

    def waiting_for_database(self, why: str) -> None:
        self.waits_for = "database"

    def waiting_for_broker(self, why: str) -> None:
        self.waits_for = "broker"
