"""Delivery under the real loop: whatever is cut off and whoever takes over, every number once and without gaps."""

from threading import Event as Flag

import pytest

from consumers.delivery.handlers import CONSUMER, TOPICS, DeliveryHandler
from consumers.delivery.ports import DeliveryStores
from consumers.runner.errors import Contention, DatabaseUnavailable
from consumers.runner.loop import Pace, Runner
from consumers.runner.records import Partition
from schemas.feed import DIRECTORATE_FEED
from schemas.topics import topic_of
from tests.kit.values.ledger_log import RequestsLog, accepted, certificate, completed, request, started
from tests.kit.values.told_log import letter, on_log, opened, routed
from tests.memory.broker import MemoryBroker, MemorySource
from tests.memory.database import COMMITS, COMMITTED
from tests.memory.delivery import delivery_stores
from tests.memory.feeds import FeedDesk
from tests.memory.positions import MOVES, BusSession, MemoryLeases, MemoryWork
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryTelemetry

#: Every step of a batch that reaches the database, in order.
STEPS = (
    MOVES,
    "looks up how far delivery is",
    "looks up what was told",
    "notes how far delivery is",
    "notes what is told",
    "draws numbers",
    "adds entries to feeds",
    "writes to the outbox",
    COMMITS,
    COMMITTED,
)


def broker_with_a_day(requests: int = 5) -> MemoryBroker:
    """Return the logs of a small day: requests of two agencies, and letters of one."""
    log, broker = RequestsLog(), MemoryBroker()
    for topic in TOPICS:
        row = topic_of(topic)
        assert row is not None
        for number in range(row.partitions):
            broker.logs[Partition(topic, "id-1", number)] = []
    for number in range(requests):
        one, agency = request(number), ("water", "post")[number % 2]
        log.add(opened(one, agency=agency))
        log.add(routed(one, agency=agency))
        log.add(accepted(one, certificate(), agency=agency))
        log.add(started(one))
        log.add(completed(one, certificate(), agency=agency))
    records = [
        *log.records,
        *(on_log("pishkhan.log.letters", "k", letter("pishkhan.intake.water"), n) for n in range(3)),
    ]
    for record in records:
        broker.append(record.topic, record.partition, record.value or b"", key=record.key, headers=record.headers)
    return broker


def worker(
    broker: MemoryBroker, database: BusDatabase, name: str, records_max: int = 2_000
) -> tuple[Runner[DeliveryStores], BusSession]:
    session, telemetry = BusSession(database, name), MemoryTelemetry()
    runner: Runner[DeliveryStores] = Runner(
        MemorySource(broker),
        MemoryLeases(session, CONSUMER, name),
        MemoryWork(session, CONSUMER, name, delivery_stores),
        DeliveryHandler(telemetry),
        telemetry,
        pace=Pace(records_max=records_max, records_min=1, renew_seconds=0.0),
    )
    return runner, session


def told(desk: FeedDesk) -> dict[str, list[tuple[str, str]]]:
    """Return what each feed says, without the order between requests, which no log has."""
    return {
        feed: sorted((entry.subject or "", entry.id) for entry in desk.feed(feed))
        for feed in sorted(desk.database.feed_heads.rows)
    }


def a_day_undisturbed() -> dict[str, list[tuple[str, str]]]:
    desk, broker = FeedDesk(agencies=["water"]), broker_with_a_day()
    runner, _ = worker(broker, desk.database, "a")
    _turn(runner, 5)
    return told(desk)


def _turn(runner: Runner[DeliveryStores], times: int) -> None:
    stop = Flag()
    stop.set()
    for _ in range(times):
        runner.turn(stop)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [DatabaseUnavailable("gone"), Contention("deadlock")], ids=["lost", "contention"])
def test_a_batch_that_is_cut_off_at_any_step_is_told_once(step: str, error: Exception) -> None:
    desk, broker = FeedDesk(agencies=["water"]), broker_with_a_day()
    runner, session = worker(broker, desk.database, "a")
    session.plan(step, error)
    _turn(runner, 8)
    assert session.steps[step] > 1, "the step was taken, and again"
    assert told(desk) == a_day_undisturbed()
    assert len(desk.feed(DIRECTORATE_FEED)) == 28
    numbers = [row.message.envelope.sequence for row in desk.published()]
    assert numbers == list(range(1, len(desk.feed("agency:water")) + 1))


def test_two_workers_share_the_logs_and_tell_everything_once() -> None:
    desk, broker = FeedDesk(agencies=["water"]), broker_with_a_day(12)
    first, second = (worker(broker, desk.database, name, records_max=7)[0] for name in ("a", "b"))
    for _ in range(20):
        _turn(first, 1)
        _turn(second, 1)
    assert len({row.owner for row in desk.database.offsets.rows.values() if row.owner}) == 2
    assert len(desk.feed(DIRECTORATE_FEED)) == 12 * 5 + 3
    for feed in desk.database.feed_heads.rows:
        by_subject: dict[str | None, list[str]] = {}
        for entry in desk.feed(feed):
            by_subject.setdefault(entry.subject, []).append(entry.type.split(".")[2])
        for types in by_subject.values():
            if types[0] == "RequestOpened":
                assert types == [
                    "RequestOpened",
                    "RequestRouted",
                    "OfficeAccepted",
                    "OfficeStarted",
                    "RequestCompleted",
                ]


def test_a_reader_that_was_away_for_ten_thousand_entries_finds_each_once() -> None:
    desk, log = FeedDesk(), RequestsLog()
    for number in range(5_000):
        one = request(number)
        desk.handle(log.add(opened(one)), log.add(routed(one)))
    read, after = 0, 0
    while True:
        page = desk.page("agency:water", after)
        assert [entry.number for entry in page.entries] == list(range(after + 1, page.after + 1))
        read, after = read + len(page.entries), page.after
        if not page.more:
            break
    assert read == after == 10_000
