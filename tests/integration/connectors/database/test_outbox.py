"""The outbox on a real database: order under concurrent commits, locks, and news."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from connectors.database.engine import build_engine
from connectors.database.outbox import SHARDS, OutboxStore, outbox_opener
from connectors.database.relay_outbox import SqlRelayOutbox
from producers.ports import OutboxRow, OutboxUnavailable
from schemas.envelope import Envelope, from_headers
from schemas.message import Message
from schemas.partition import partition_of
from tests.databases import engine_of, wait_until
from tests.engines import DatabaseUrls

pytestmark = pytest.mark.integration

TIME = datetime(2026, 11, 25, 8, 0, 1, 500_000, tzinfo=UTC)
LOG = "pishkhan.log.requests"


def message(key: str, event_id: str, sequence: int | None = None, partition: int | None = None) -> Message:
    envelope = Envelope(event_id, "/bus", "ir.pishkhan.X.v1", key, TIME, sequence, 4, 5)
    return Message(LOG, key, envelope, f'{{"id":"{event_id}"}}'.encode(), partition)


@pytest.fixture
def relays(database: DatabaseUrls) -> Iterator[Callable[..., SqlRelayOutbox]]:
    with ExitStack() as stack:

        def connect(name: str = "relay-1", lease_seconds: float = 60.0) -> SqlRelayOutbox:
            relay = SqlRelayOutbox(database.worker_url, name, lease_seconds)
            stack.callback(relay.close)
            return relay

        yield connect


def event_ids(rows: object) -> list[str]:
    assert isinstance(rows, list)
    return [from_headers(row.headers).id for row in rows if isinstance(row, OutboxRow)]


def test_a_message_comes_out_as_it_went_in(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    wanted = message("key-1", "e-1", sequence=3)
    with outbox_opener(engine)() as outbox:
        outbox.add([wanted])
    relay = relays()
    relay.shards()
    [row] = relay.unpublished(10, ())
    assert (row.topic, row.key, row.body) == (LOG, b"key-1", wanted.body)
    assert row.partition == partition_of("key-1", 12)
    assert from_headers(row.headers) == wanted.envelope


def test_a_given_partition_is_kept(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    with outbox_opener(engine)() as outbox:
        outbox.add([message("window-1", f"e-{number}", partition=number) for number in range(12)])
    relay = relays()
    relay.shards()
    assert {row.partition for row in relay.unpublished(10, ())} == set(range(12))


def test_a_transaction_that_commits_late_is_not_skipped(
    database: DatabaseUrls, engine: Engine, relays: Callable[..., SqlRelayOutbox]
) -> None:
    relay = relays()
    relay.shards()
    with engine_of(database.worker_url, "slow") as other, other.connect() as slow:
        OutboxStore(slow).add([message("a", "late", partition=0)])  # draws the smaller id, and waits
        with outbox_opener(engine)() as outbox:
            outbox.add([message("b", "early", partition=0)])
        rows = relay.unpublished(10, ())
        assert event_ids(rows) == ["early"]
        relay.published(rows)
        slow.commit()
    assert event_ids(relay.unpublished(10, ())) == ["late"]


def test_one_keys_events_are_in_commit_order_when_its_row_was_locked_first(
    database: DatabaseUrls, engine: Engine, relays: Callable[..., SqlRelayOutbox]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO office_position (office, cap_rial, capacity) VALUES ('k', 0, 0)"))
    with ExitStack() as stack:
        engines = [stack.enter_context(engine_of(database.worker_url, f"writer-{number}")) for number in range(4)]

        def write(writer: Engine) -> None:
            for _ in range(25):
                with writer.begin() as connection:
                    sequence = connection.execute(
                        text("UPDATE office_position SET capacity = capacity + 1 WHERE office = 'k' RETURNING capacity")
                    ).scalar_one()
                    OutboxStore(connection).add([message("k", f"e-{sequence}", sequence)])

        threads = [Thread(target=write, args=(each,)) for each in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    relay = relays()
    relay.shards()
    assert event_ids(relay.unpublished(1_000, ())) == [f"e-{number}" for number in range(1, 101)]


def test_rolled_back_messages_are_never_published(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    with engine.connect() as connection:
        OutboxStore(connection).add([message("k", "never")])
        connection.rollback()
    relay = relays()
    relay.shards()
    assert relay.unpublished(10, ()) == []


def test_a_relay_wakes_when_something_is_committed(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    relay = relays()
    woken: list[bool] = []

    def wait() -> None:
        relay.wait(30.0)
        woken.append(True)

    thread = Thread(target=wait)
    thread.start()
    with outbox_opener(engine)() as outbox:
        outbox.add([message("k", "e-1")])
    thread.join(timeout=10.0)
    assert woken == [True]


def test_news_that_came_before_the_wait_is_not_missed(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    relay = relays()
    relay.shards()
    with outbox_opener(engine)() as outbox:
        outbox.add([message("k", "e-1")])
    relay.unpublished(10, ())  # the notification arrives with this answer
    woken: list[bool] = []

    def wait() -> None:
        relay.wait(30.0)
        woken.append(True)

    thread = Thread(target=wait)
    thread.start()
    thread.join(timeout=10.0)
    assert woken == [True]


def test_a_frozen_relays_shards_pass_to_the_stand_by(relays: Callable[..., SqlRelayOutbox]) -> None:
    frozen, standby = relays("relay-1", 0.4), relays("relay-2", 0.4)
    assert len(frozen.shards()) == SHARDS
    assert len(standby.shards()) == 0
    wait_until(lambda: len(standby.shards()) == SHARDS, "the frozen relay's connection is ended")
    with pytest.raises(OutboxUnavailable):
        frozen.published([OutboxRow(1, TIME, LOG, 0, b"", [], b"")])


def test_a_relay_that_gives_signs_keeps_its_shards(relays: Callable[..., SqlRelayOutbox]) -> None:
    first, second = relays("relay-1", 60.0), relays("relay-2", 60.0)
    first.shards()
    for _ in range(3):
        assert len(first.shards()) == SHARDS
        assert len(second.shards()) == 0


def test_a_database_that_is_not_there_is_said_so() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(OutboxUnavailable):
        SqlRelayOutbox(nowhere, "relay-1")
    with pytest.raises(OutboxUnavailable), outbox_opener(build_engine(nowhere, "nobody"))():
        pass
