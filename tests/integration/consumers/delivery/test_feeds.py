"""Feeds on a real database: what two workers tell of an old log, that it is woken for, and that it is rebuilt."""

from collections.abc import Iterator, Sequence
from threading import Thread

import psycopg
import pytest
from sqlalchemy import Engine, text

from connectors.database.delivery.reads import SqlFeedReads
from connectors.database.delivery.rebuild import SqlFeedRebuild
from connectors.database.delivery.stores import CHANNEL, delivery_stores
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import plain_url
from consumers.delivery.entries import Entry
from consumers.delivery.handlers import DeliveryHandler
from consumers.delivery.rebuilding import rebuild
from consumers.runner.errors import Contention
from consumers.runner.records import Record
from schemas.feed import DIRECTORATE_FEED
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.ledger_log import RequestsLog
from tests.kit.values.recorded import recorded
from tests.kit.values.told_log import opened, routed
from tests.memory.feeds import FeedDesk
from tests.memory.telemetry import MemoryTelemetry

pytestmark = pytest.mark.integration


def tell(engine: Engine, records: Sequence[Record], size: int = 200) -> None:
    """Tell records in batches, each again after it met another worker's locks."""
    handler = DeliveryHandler(MemoryTelemetry())
    for start in range(0, len(records), size):
        while True:
            try:
                with meaningful_errors(), engine.begin() as connection:
                    handler.handle(delivery_stores(connection), records[start : start + size])
                break
            except Contention:
                continue


def feeds_of(engine: Engine) -> dict[str, list[Entry]]:
    with engine.begin() as connection:
        names = list(connection.execute(text("SELECT feed FROM feed_head ORDER BY feed")).scalars())
        reads = SqlFeedReads(connection)
        found = {name: list(reads.page(name, 0, 100_000)) for name in names}
        assert {name: reads.newest(name) for name in names} == {name: len(found[name]) for name in names}
    for entries in found.values():
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return found


def in_memory(records: Sequence[Record]) -> dict[str, set[str]]:
    desk = FeedDesk()
    desk.handle(*records)
    return {feed: {entry.id for entry in desk.feed(feed)} for feed in desk.database.feed_heads.rows}


def test_two_workers_tell_an_old_log_as_one_would(engine: Engine, database: DatabaseUrls) -> None:
    records = recorded("b84f210").records
    halves = [[record for record in records if record.partition % 2 == half] for half in (0, 1)]
    with engine_of(database.worker_url, "second") as second:
        threads = [
            Thread(target=tell, args=(which, half)) for which, half in zip((engine, second), halves, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = feeds_of(engine)
    assert {feed: {entry.id for entry in entries} for feed, entries in found.items()} == in_memory(records)
    tell(engine, records)
    assert feeds_of(engine) == found, "what comes again keeps its number"


@pytest.fixture
def ear(database: DatabaseUrls) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(plain_url(database.worker_url), autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


def test_whoever_waits_is_woken_with_names_of_feeds_alone(
    engine: Engine, ear: psycopg.Connection[tuple[object, ...]]
) -> None:
    log = RequestsLog()
    tell(engine, [log.add(opened()), log.add(routed())])
    told = [note.payload for note in ear.notifies(timeout=5, stop_after=3)]
    assert sorted(told) == ["agency:water", DIRECTORATE_FEED, "office:office-1"]


def test_contents_that_were_harmed_are_derived_again(engine: Engine, database: DatabaseUrls) -> None:
    records = recorded("b84f210").records
    tell(engine, records, 2_000)
    before = feeds_of(engine)
    with engine_of(database.owner_url, "owner") as owner, owner.begin() as connection:
        connection.execute(text("UPDATE feed_entry SET data = '{}' WHERE number % 3 = 0"))
    assert feeds_of(engine) != before
    with engine.begin() as connection:
        done = rebuild(records, SqlFeedRebuild(connection), change=True)
    assert feeds_of(engine) == before
    assert done.entries == done.found == sum(len(entries) for entries in before.values())
    assert 0 < done.changed <= done.entries / 2
