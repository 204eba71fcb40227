"""Delivery's handler over the database in memory, for tests that give it records and read the feeds."""

import json
from collections.abc import Iterable
from typing import Any

from consumers.delivery.entries import Entry
from consumers.delivery.feeds import FeedPage, feed_page
from consumers.delivery.handlers import CONSUMER, DeliveryHandler
from consumers.delivery.rebuilding import Rebuilt, rebuild
from consumers.parking import OperatorAction, ParkedRow
from consumers.runner.outcomes import Outcome
from consumers.runner.records import Partition, Record
from tests.memory.delivery import MemoryFeedReads, MemoryFeedRebuild, delivery_stores
from tests.memory.park import MemoryPark
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase, Offset, Outgoing
from tests.memory.telemetry import MemoryTelemetry


class FeedDesk:
    """One delivery worker, whose batches are transactions of their own. `agencies` have a feed on the broker, too."""

    def __init__(self, agencies: Iterable[str] = ()) -> None:
        self.database = BusDatabase()
        self.telemetry = MemoryTelemetry()
        self.handler = DeliveryHandler(self.telemetry)
        self.session = BusSession(self.database)
        for code in agencies:
            self.database.offsets.rows["requests", Partition(f"pishkhan.intake.{code}", "t", 0)] = Offset()

    def handle(self, *records: Record) -> None:
        """Tell one batch."""
        with self.session.transaction() as transaction:
            self.handler.handle(delivery_stores(transaction, self.database), records)
        self.telemetry.committed(len(records), 0.0)

    def park_failed(self, record: Record, error: Exception) -> None:
        """Park a record as the runner does."""
        with self.session.transaction() as transaction:
            self.handler.park_failed(delivery_stores(transaction, self.database), record, error)

    def sweep(self) -> int:
        """Do what is due."""
        with self.session.transaction() as transaction:
            return self.handler.sweep(delivery_stores(transaction, self.database))

    def decide(self, action: OperatorAction) -> None:
        """Decide on everything that is parked, as an operator does."""
        rows = self.database.parked.rows
        rows.update({number: row._replace(action=action, next_try_at=0.0) for number, row in rows.items()})

    def page(self, feed: str, after: int = 0, most: int = 1_000) -> FeedPage:
        """Return a page of a feed."""
        with self.session.transaction() as transaction:
            return feed_page(MemoryFeedReads(transaction, self.database), feed, after, most)

    def rebuild(self, *records: Record, change: bool = True) -> Rebuilt:
        """Derive what was told again."""
        with self.session.transaction() as transaction:
            return rebuild(records, MemoryFeedRebuild(transaction, self.database), change=change)

    def feed(self, feed: str) -> list[Entry]:
        """Return all of a feed; its numbers have no gap."""
        entries = sorted(entry for (name, _), entry in self.database.feed_entries.rows.items() if name == feed)
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        assert self.database.feed_heads.rows.get(feed, 0) == len(entries)
        return entries

    def types(self, feed: str) -> list[str]:
        """Return the names of the events of a feed."""
        return [entry.type.split(".")[2] for entry in self.feed(feed)]

    def data(self, feed: str) -> list[dict[str, Any]]:
        """Return what was told in a feed."""
        return [json.loads(entry.data) for entry in self.feed(feed)]

    def parked(self) -> list[ParkedRow]:
        """Return what waits."""
        with self.session.transaction() as transaction:
            return MemoryPark(transaction, self.database, CONSUMER).rows()

    def published(self) -> list[Outgoing]:
        """Return what is to be published."""
        return [row for _, row in sorted(self.database.outbox.rows.items())]

    def count(self, outcome: Outcome) -> int:
        """Return how many events came to this."""
        return sum(events for one, events in self.telemetry.outcomes if one is outcome)
