"""Delivery's stores over the database in memory."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from consumers.delivery.entries import Entry
from consumers.delivery.handlers import CONSUMER
from consumers.delivery.ports import DeliveryStores, Progress
from consumers.delivery.rebuilding import Derived, Rebuilt
from schemas.topics import INTAKE_AGENCY
from tests.memory.database import Transaction
from tests.memory.outbox import MemoryOutbox
from tests.memory.park import MemoryPark
from tests.memory.tables import BusDatabase


class MemorySubjects:
    """Implements `Subjects`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def progress(self, subjects: Collection[str]) -> Mapping[str, Progress]:
        self._transaction.step("looks up how far delivery is")
        found = {}
        for subject in sorted(subjects):
            if self._transaction.find(self._tables.told_subjects, subject) is not None:
                self._transaction.lock(self._tables.told_subjects, subject)
                row = self._transaction.find(self._tables.told_subjects, subject)
                assert row is not None, "rows are never deleted"
                found[subject] = row
        return found

    def keep(self, added: Mapping[str, Progress], changed: Mapping[str, Progress]) -> None:
        self._transaction.step("notes how far delivery is")
        for subject, progress in sorted(added.items()):
            self._transaction.insert(self._tables.told_subjects, subject, progress)
        for subject, progress in changed.items():
            self._transaction.put(self._tables.told_subjects, subject, progress)

    def seen(self, event_ids: Collection[str]) -> Collection[str]:
        self._transaction.step("looks up what was told")
        return set(event_ids) & self._transaction.rows(self._tables.told_events).keys()

    def note(self, event_ids: Sequence[str]) -> None:
        self._transaction.step("notes what is told")
        for event_id in event_ids:
            self._transaction.insert(self._tables.told_events, event_id, True)


class MemoryFeeds:
    """Implements `Feeds`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def draw(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        self._transaction.step("draws numbers")
        firsts = {}
        for feed in sorted(counts):
            self._transaction.lock(self._tables.feed_heads, feed)
            newest = self._transaction.find(self._tables.feed_heads, feed) or 0
            self._transaction.put(self._tables.feed_heads, feed, newest + counts[feed])
            firsts[feed] = newest + 1
        return firsts

    def append(self, entries: Sequence[Entry]) -> None:
        self._transaction.step("adds entries to feeds")
        for entry in entries:
            self._transaction.insert(self._tables.feed_entries, (entry.feed, entry.number), entry)

    def with_topics(self, agencies: Collection[str]) -> Collection[str]:
        topics = {where.topic for _, where in self._transaction.rows(self._tables.offsets)}
        return {code for code in agencies if INTAKE_AGENCY.for_agency(code) in topics}


class MemoryFeedReads:
    """Implements `FeedReads` and `SubjectReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def page(self, feed: str, after: int, most: int) -> Sequence[Entry]:
        rows = self._transaction.rows(self._tables.feed_entries)
        numbers = sorted(number for name, number in rows if name == feed and number > after)
        return [rows[feed, number] for number in numbers[:most]]

    def about(self, feed: str, subject: str, most: int) -> Sequence[Entry]:
        rows = self._transaction.rows(self._tables.feed_entries)
        found = sorted(key for key, entry in rows.items() if key[0] == feed and entry.subject == subject)
        return [rows[key] for key in found[:most]]

    def newest(self, feed: str) -> int:
        return self._transaction.find(self._tables.feed_heads, feed) or 0


class MemoryFeedRebuild:
    """Implements `FeedRebuild`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables
        self._derived: dict[tuple[str, str], bytes] = {}

    def keep(self, derived: Iterable[Derived]) -> None:
        for one in derived:
            self._derived.setdefault((one.event_id, one.kind), one.data)

    def apply(self, *, change: bool) -> Rebuilt:
        found = changed = 0
        entries = self._transaction.rows(self._tables.feed_entries)
        for place, entry in entries.items():
            data = self._derived.get((entry.id, entry.feed.split(":")[0]))
            found += data is not None
            if data is not None and json.loads(data) != json.loads(entry.data):
                changed += 1
                if change:
                    self._transaction.put(self._tables.feed_entries, place, entry._replace(data=data))
        return Rebuilt(len(entries), found, changed)


def delivery_stores(transaction: Transaction, tables: BusDatabase) -> DeliveryStores:
    """Return the stores of one transaction of delivery."""
    return DeliveryStores(
        subjects=MemorySubjects(transaction, tables),
        feeds=MemoryFeeds(transaction, tables),
        outbox=MemoryOutbox(transaction, tables),
        park=MemoryPark(transaction, tables, CONSUMER),
        attempt=transaction.attempt,
    )
