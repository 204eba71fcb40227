"""Leases on a real database: fair shares, fencing, and owners that froze with locks in their hands."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from psycopg import Cursor
from sqlalchemy import Engine, text

from connectors.database.driver import driver_connection, meaningful_errors
from connectors.database.engine import SqlWork
from connectors.database.leases import SqlLeases
from connectors.database.positions import SqlPositions
from consumers.runner.ports import DatabaseUnavailable, Fenced, Move, Partition, PositionLost
from tests.databases import engine_of, scalar, wait_until
from tests.engines import DatabaseUrls

pytestmark = pytest.mark.integration

PARTITIONS = [Partition("log", "id-1", number) for number in range(12)]
SHORT_SECONDS = 0.4
LONG_SECONDS = 60.0

Freeze = Callable[[ExitStack, Engine], None]


class Worker:
    """One worker of consumer `c` with an engine of its own."""

    def __init__(self, engine: Engine, name: str, lease_seconds: float, consumer: str = "c") -> None:
        self.name = name
        self.engine = engine
        self.leases = SqlLeases(engine, consumer, "cluster", name, lease_seconds)
        self.work = SqlWork(
            engine, lambda connection: connection, lambda each: SqlPositions(each, consumer, "cluster", name)
        )

    def numbers(self, known: list[Partition] | None = None) -> set[int]:
        return {partition.number for partition in self.leases.hold(known or PARTITIONS)}

    def advance(self, number: int, start: int, end: int) -> None:
        with self.work.transaction() as (positions, _):
            positions.advance([Move(PARTITIONS[number], start, end)])


@pytest.fixture
def workers(database: DatabaseUrls) -> Iterator[Callable[..., Worker]]:
    with ExitStack() as stack:

        def start(name: str, lease_seconds: float = LONG_SECONDS, consumer: str = "c") -> Worker:
            engine = stack.enter_context(engine_of(database.worker_url, name))
            return Worker(engine, name, lease_seconds, consumer)

        yield start


def test_one_worker_takes_everything_from_the_beginning(workers: Callable[..., Worker]) -> None:
    assert workers("a").leases.hold(PARTITIONS) == dict.fromkeys(PARTITIONS, 0)


def test_shares_become_fair_as_workers_come_and_go(workers: Callable[..., Worker]) -> None:
    a, b, c = workers("a"), workers("b"), workers("c")
    assert len(a.numbers()) == 12
    assert b.numbers() == set(), "nothing is free before the first owner gives it up"
    assert len(a.numbers()) == 6
    assert len(b.numbers()) == 6
    c.numbers()
    shares = [each.numbers() for each in (a, b, c)]
    assert [len(share) for share in shares] == [4, 4, 4]
    assert set.union(*shares) == set(range(12))
    b.leases.release()
    assert [len(each.numbers()) for each in (a, c)] == [6, 6]


def test_the_remainder_goes_to_the_first_by_name(workers: Callable[..., Worker]) -> None:
    several = [workers(name) for name in ("a", "b", "c", "d", "e")]
    for _ in range(2):
        counts = [len(each.numbers()) for each in several]
    assert counts == [3, 3, 2, 2, 2]


def test_consumers_do_not_share_positions(workers: Callable[..., Worker]) -> None:
    a, b = workers("a"), workers("b", consumer="other")
    assert len(a.numbers()) == len(b.numbers()) == 12
    a.advance(0, 0, 5)
    assert b.leases.hold(PARTITIONS)[PARTITIONS[0]] == 0


def test_positions_survive_their_owner(workers: Callable[..., Worker]) -> None:
    a = workers("a")
    a.numbers()
    a.advance(3, 0, 17)
    a.leases.release()
    assert workers("b").leases.hold(PARTITIONS)[PARTITIONS[3]] == 17


def test_a_position_that_was_moved_fences_the_one_who_thinks_it_was_not(workers: Callable[..., Worker]) -> None:
    a = workers("a")
    a.numbers()
    a.advance(0, 0, 5)
    with pytest.raises(Fenced):
        a.advance(0, 0, 7)
    with pytest.raises(Fenced), a.work.transaction() as (positions, _):
        positions.advance([Move(PARTITIONS[1], 0, 1), Move(PARTITIONS[0], 4, 6)])
    assert a.leases.hold(PARTITIONS)[PARTITIONS[1]] == 0, "all moves of a batch or none"


def test_a_zombie_whose_lease_was_taken_cannot_commit(workers: Callable[..., Worker]) -> None:
    zombie, successor = workers("a", SHORT_SECONDS), workers("b", SHORT_SECONDS)
    zombie.numbers()
    wait_until(lambda: len(successor.numbers()) == 12, "the lease of the silent worker runs out")
    with pytest.raises(Fenced):
        zombie.advance(0, 0, 5)
    successor.advance(0, 0, 5)
    assert successor.leases.hold(PARTITIONS)[PARTITIONS[0]] == 5


def test_another_incarnation_of_a_topic_is_not_read_from_the_old_position(workers: Callable[..., Worker]) -> None:
    a = workers("a")
    a.numbers()
    a.advance(2, 0, 9)
    anew = [Partition("log", "id-2", number) for number in range(12)]
    with pytest.raises(PositionLost) as lost:
        a.leases.hold(anew)
    assert lost.value.partition == anew[0]
    a.leases.hold([partition for partition in PARTITIONS if partition.number != 0])
    with a.engine.connect() as connection:
        assert scalar(connection, "SELECT count(*) FROM consumer_offset WHERE topic_id = 'id-2'") == 0


def freeze_in_a_batch(stack: ExitStack, engine: Engine) -> None:
    """Move a position and stop before COMMIT, as a stopped process does."""
    connection = stack.enter_context(engine.connect())
    SqlPositions(connection, "c", "cluster", "a").advance([Move(PARTITIONS[0], 0, 1)])


def freeze_inside_copy(stack: ExitStack, engine: Engine) -> None:
    """Stop in the middle of COPY, where none of the session time-outs applies."""
    connection = stack.enter_context(engine.connect())
    SqlPositions(connection, "c", "cluster", "a").advance([Move(PARTITIONS[0], 0, 1)])
    cursor: Cursor[tuple[object, ...]] = driver_connection(connection).cursor()
    copying = cursor.copy("COPY intake_event (source, event_id, body_hash) FROM STDIN")
    stack.push(lambda *_: True)  # the ended connection makes leaving COPY fail, and that is the point
    copying.__enter__().write_row(("s", "e", b"h"))


def freeze_in_a_sweep(stack: ExitStack, engine: Engine) -> None:
    """Hold a lock that everybody needs, without having moved any position."""
    connection = stack.enter_context(engine.connect())
    connection.execute(text("UPDATE load_clock SET revision = revision + 1"))


@pytest.mark.parametrize("freeze", [freeze_in_a_batch, freeze_inside_copy, freeze_in_a_sweep])
def test_an_owner_frozen_in_a_transaction_is_ended_and_its_locks_are_free(
    workers: Callable[..., Worker], freeze: Freeze
) -> None:
    frozen, successor = workers("a", SHORT_SECONDS), workers("b", SHORT_SECONDS)
    frozen.numbers()
    with ExitStack() as stack:
        stack.push(lambda *_: True)  # the frozen connection was ended from outside; closing it may complain
        freeze(stack, frozen.engine)
        wait_until(lambda: len(successor.numbers()) == 12, "the successor owns everything")
        with meaningful_errors(), successor.engine.begin() as connection:
            connection.execute(text("UPDATE load_clock SET revision = revision + 1"))
        successor.advance(0, 0, 5)
    with successor.engine.connect() as connection:
        assert scalar(connection, "SELECT revision FROM load_clock") == 1
        assert scalar(connection, "SELECT count(*) FROM intake_event") == 0


def test_a_frozen_owner_of_another_consumer_is_ended_too(workers: Callable[..., Worker]) -> None:
    frozen, other = workers("a", SHORT_SECONDS), workers("b", LONG_SECONDS, "other")
    frozen.numbers()
    with frozen.engine.connect() as connection:
        connection.execute(text("UPDATE load_clock SET revision = revision + 1"))

        def ended() -> bool:
            other.numbers()
            try:
                with meaningful_errors():
                    connection.execute(text("SELECT 1"))
            except DatabaseUnavailable:
                return True
            return False

        wait_until(ended, "the frozen owner's connection is ended")


def test_an_owner_that_is_alive_keeps_its_transaction(workers: Callable[..., Worker]) -> None:
    alive, other = workers("a"), workers("b")
    alive.numbers()
    with alive.work.transaction() as (positions, _):
        positions.advance([Move(PARTITIONS[0], 0, 1)])
        for _ in range(3):
            other.numbers()
    assert alive.leases.hold(PARTITIONS)[PARTITIONS[0]] == 1
