"""What the relay reports about itself, in the terms of every other worker: implements `producers.ports.RelayReport`."""

from collections.abc import Collection, Mapping

import structlog

from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Telemetry
from consumers.runner.records import Partition
from producers.ports import OutboxRow
from schemas.partition import Place

HELD = "an event can never be published as it is: its key waits, all others are published"


class RelayTelemetry:
    """Rows published count as handled events, shards as owned partitions; a change of fortune is logged once."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._log = structlog.get_logger("relay")
        self._waits_for: Setback | None = None
        self._held = -1
        self._missing: Collection[str] = ()
        self._cut: Collection[str] = ()
        self._places: Mapping[Place, Partition] = {}

    def published(self, rows: int, seconds: float) -> None:
        """`rows` were acknowledged and noted."""
        self._telemetry.count(Outcome.HANDLED, rows)
        self._telemetry.committed(rows, seconds)

    def holding(self, shards: int) -> None:
        """How many shards this relay holds."""
        if shards != self._held:
            self._log.info("holds shards of the outbox", partitions=shards)
            self._held = shards
        self._telemetry.owned(shards)

    def topics_missing(self, topics: Collection[str]) -> None:
        """Rows wait for topics that the broker does not have."""
        for topic in set(topics) - set(self._missing):
            self._log.error("events wait for a topic that is missing", topic=topic, remedy="prepare the bus anew")
        self._missing = topics or self._missing

    def logs_cut(self, topics: Collection[str]) -> None:
        """Rows wait for topics that lost their tail."""
        for topic in set(topics) - set(self._cut):
            remedy = f"run `pishkhan repair topic {topic}`"
            self._log.error("events wait for a topic that lost its tail", topic=topic, remedy=remedy)
        self._cut = topics

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        """One row waits for a person, and its key with it. The key may be a citizen's request, so it is not logged."""
        remedy = "see `pishkhan outbox list`"
        self._log.error("an event was set aside", topic=row.topic, row=row.id, why=cause, remedy=remedy)

    def held(self, places: Collection[Place]) -> None:
        """Partitions in which keys wait count as halted, with a cause of their own; all others of them go on."""
        for place, partition in self._places.items():
            if place not in places:
                self._telemetry.resumed(partition)
        held = {place: self._places.get(place) or Partition(place.topic, "", place.partition) for place in places}
        for place, partition in held.items():
            if place not in self._places:
                self._telemetry.halted(partition, Setback.SET_ASIDE, HELD)
        self._places = held

    def working(self) -> None:
        """Database and broker answer."""
        self._waits_for = None
        self._telemetry.ready()

    def waiting_for_database(self, why: str) -> None:
        """The database is away."""
        self._wait(Setback.DATABASE_UNAVAILABLE, why)

    def waiting_for_broker(self, why: str) -> None:
        """The broker is away."""
        self._wait(Setback.BROKER_UNAVAILABLE, why)

    def _wait(self, cause: Setback, why: str) -> None:
        if cause is not self._waits_for:
            self._log.warning("waits", cause=cause, why=why)
            self._waits_for = cause
        self._telemetry.rolled_back(cause)
        self._telemetry.unready(cause)
