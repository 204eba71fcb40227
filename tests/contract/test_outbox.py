"""The outbox: what is written comes out in order, once noted never again, whoever commits when, whoever freezes."""

from collections.abc import Callable

import pytest

from connectors.database.publication.outbox import SHARDS
from consumers.runner.records import Move, Partition
from producers.ports import Outbox, OutboxRow, OutboxUnavailable
from producers.set_aside import OutboxAction
from schemas.envelope import Envelope, from_headers
from schemas.message import Message
from schemas.partition import Place, partition_of
from schemas.topics import LOG_REQUESTS
from tests.contract.worlds import SHORT_SECONDS, World
from tests.kit.values.builders import MOMENT

Write = Callable[..., None]


def message(body: str, topic: str = "t", partition: int | None = 0, key: str = "k") -> Message:
    envelope = Envelope(body, "/bus", "t", "subject", MOMENT, 3, 4, 5)
    return Message(topic, key, envelope, body.encode(), partition)


@pytest.fixture
def write(world: World) -> Write:
    """Writes messages with these bodies, in a transaction of their own."""
    client = world.client("writer")

    def written(topic: str, partition: int, *bodies: str) -> None:
        with client.requests() as stores:
            stores.outbox.add([message(body, topic, partition) for body in bodies])

    return written


@pytest.fixture
def outbox(world: World) -> Outbox:
    """A relay that holds all shards."""
    outbox = world.client("one").relay()
    outbox.shards()
    return outbox


def bodies(outbox: Outbox, limit: int, *passed_over: str) -> list[str]:
    return [each.body.decode() for each in outbox.unpublished(limit, passed_over)]


def test_a_message_comes_out_as_it_went_in(world: World, outbox: Outbox) -> None:
    said = message("e-1", LOG_REQUESTS.name, None)
    with world.client("writer").requests() as stores:
        stores.outbox.add([said])
    [row] = outbox.unpublished(10, ())
    assert (row.topic, row.partition) == (said.topic, partition_of("k", LOG_REQUESTS.partitions))
    assert (row.key, row.body) == (b"k", said.body)
    assert from_headers(row.headers) == said.envelope


def test_the_first_takes_all_shards_and_the_second_none_until_it_is_gone(world: World) -> None:
    first, second = world.client("one").relay(), world.client("two").relay()
    assert (set(first.shards()), set(second.shards())) == (set(range(SHARDS)), set())
    first.close()
    assert set(second.shards()) == set(range(SHARDS))


def test_rows_come_in_id_order_per_shard_up_to_the_limit_of_each(write: Write, outbox: Outbox) -> None:
    write("t", 0, "a", "b", "c")
    write("t", 1, "d")
    assert bodies(outbox, 2) == ["a", "b", "d"]


def test_what_is_published_does_not_come_again(write: Write, outbox: Outbox) -> None:
    write("t", 0, "a", "b", "c")
    outbox.published(outbox.unpublished(2, ()))
    assert bodies(outbox, 2) == ["c"]


def test_what_is_not_noted_comes_again(write: Write, outbox: Outbox) -> None:
    write("t", 0, "a")
    assert bodies(outbox, 2) == bodies(outbox, 2) == ["a"]


def test_a_row_that_is_committed_late_with_a_small_id_still_comes(world: World, write: Write, outbox: Outbox) -> None:
    with world.client("slow").requests() as slow:
        slow.outbox.add([message("late")])
        write("t", 0, "early")
        assert bodies(outbox, 10) == ["early"]
        outbox.published(outbox.unpublished(10, ()))
    assert bodies(outbox, 10) == ["late"]


def test_what_is_rolled_back_is_never_seen(world: World, write: Write, outbox: Outbox) -> None:
    def fail() -> None:
        with world.client("slow").requests() as stores:
            stores.outbox.add([message("never")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    write("t", 0, "a")
    assert bodies(outbox, 10) == ["a"]


def test_topics_that_are_passed_over_stay_and_the_limit_counts_the_others(write: Write, outbox: Outbox) -> None:
    write("missing", 0, "x", "y")
    write("t", 0, "a")
    assert bodies(outbox, 1, "missing") == ["a"]
    assert bodies(outbox, 3) == ["x", "y", "a"]


def test_only_what_was_published_is_noted(world: World, outbox: Outbox) -> None:
    with world.client("writer").requests() as stores:
        stores.outbox.add([message("a"), message("x", "missing"), message("b"), message("d", partition=1)])
    outbox.published([row for row in outbox.unpublished(10, ["missing"]) if row.body in (b"a", b"b")])
    assert bodies(outbox, 10) == ["x", "d"], "neither what lies between them nor what is of another shard"


def test_how_far_the_furthest_consumer_has_come_is_known_of_every_partition(world: World, outbox: Outbox) -> None:
    first, second, third = (Partition("t", "id-1", number) for number in range(3))
    for consumer, moves in (
        ("one", [Move(first, 0, 5), Move(second, 0, 2)]),
        ("two", [Move(first, 0, 3), Move(second, 0, 4)]),
    ):
        leases, work = world.client("worker").worker(consumer)
        leases.hold([first, second, third])
        with work.transaction() as (positions, _):
            positions.advance(moves)
    passed = outbox.passed()
    assert {number: passed[Place("t", number)] for number in range(3)} == {0: 5, 1: 4, 2: 0}
    assert ("t", 3) not in passed, "nobody reads it"


def test_without_shards_there_is_nothing(world: World, write: Write, outbox: Outbox) -> None:
    write("t", 0, "a")
    second = world.client("two").relay()
    second.shards()
    assert bodies(second, 5) == []


def test_seeing_to_the_table_and_waiting_for_news_keep_what_waits(write: Write, outbox: Outbox) -> None:
    write("t", 0, "a")
    outbox.maintain()
    outbox.wait(0.0)
    assert bodies(outbox, 5) == ["a"]


def test_the_shards_of_a_silent_relay_pass_to_the_other_and_the_silent_one_notes_nothing_more(
    world: World, write: Write
) -> None:
    silent, standby = (world.client(name, SHORT_SECONDS).relay() for name in ("one", "two"))
    silent.shards()
    write("t", 0, "a")
    rows: list[OutboxRow] = list(silent.unpublished(10, ()))
    world.until(lambda: set(standby.shards()) == set(range(SHARDS)), "the stand-by takes over")
    with pytest.raises(OutboxUnavailable):
        silent.published(rows)
    assert bodies(standby, 10) == ["a"]


def test_a_relay_that_gives_signs_keeps_its_shards(world: World) -> None:
    first, second = world.client("one").relay(), world.client("two").relay()
    first.shards()
    for _ in range(3):
        assert set(first.shards()) == set(range(SHARDS))
        assert set(second.shards()) == set()


def test_a_row_that_was_set_aside_waits_with_its_key_until_somebody_decides(world: World, outbox: Outbox) -> None:
    unnumbered = Message("t", "k", Envelope("a", "/bus", "t", "subject", MOMENT), b"a", 0)
    with world.client("writer").requests() as stores:
        stores.outbox.add([unnumbered, message("b"), message("x", key="other"), message("y", "elsewhere")])
    first = next(row for row in outbox.unpublished(10, ()) if row.body == b"a")
    outbox.set_aside(first, "it is too large")
    assert bodies(outbox, 10) == ["x", "y"], "the same key in another topic goes on"
    assert set(outbox.held()) == {Place("t", 0)}
    outbox.set_aside(first, "again")
    with world.client("writer").requests() as stores:
        stores.outbox.add([message("c")])
    assert bodies(outbox, 10) == ["x", "y"]
    outbox.close()
    successor = world.client("two").relay()
    successor.shards()
    assert bodies(successor, 10) == ["x", "y"]
    assert set(successor.held()) == {Place("t", 0)}
    world.decide_on_aside(first.id, OutboxAction.RETRY)
    successor.shards()
    assert (bodies(successor, 10), set(successor.held())) == (["a", "b", "x", "y", "c"], set())
    successor.set_aside(successor.unpublished(1, ())[0], "it is still too large")
    assert bodies(successor, 10) == ["x", "y"]
    world.decide_on_aside(first.id, OutboxAction.GIVE_UP)
    successor.shards()
    assert bodies(successor, 10) == ["b", "x", "y", "c"]
