"""The outbox on a real database, beyond its contract: order under concurrent commits, and news."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from connectors.database.publication.outbox import OutboxStore, outbox_opener
from connectors.database.publication.relay import SqlRelayOutbox
from connectors.database.sql.engine import build_engine
from producers.ports import OutboxRow, OutboxUnavailable
from schemas.envelope import Envelope, from_headers
from schemas.message import Message
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.clocks import trusting_watch

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
            relay = SqlRelayOutbox(database.worker_url, name, trusting_watch(), lease_seconds)
            stack.callback(relay.close)
            return relay

        yield connect


def event_ids(rows: object) -> list[str]:
    assert isinstance(rows, list)
    return [from_headers(row.headers).id for row in rows if isinstance(row, OutboxRow)]


def test_a_given_partition_is_kept(engine: Engine, relays: Callable[..., SqlRelayOutbox]) -> None:
    with outbox_opener(engine)() as outbox:
        outbox.add([message("window-1", f"e-{number}", partition=number) for number in range(12)])
    relay = relays()
    relay.shards()
    assert {row.partition for row in relay.unpublished(10, ())} == set(range(12))


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


def test_a_database_that_is_not_there_is_said_so() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(OutboxUnavailable):
        SqlRelayOutbox(nowhere, "relay-1", trusting_watch())
    with pytest.raises(OutboxUnavailable), outbox_opener(build_engine(nowhere, "nobody"))():
        pass
