"""Leases on the real database, beyond their contract: rows that are never made, and owners that froze inside COPY."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from psycopg import Cursor
from sqlalchemy import Engine, text

from connectors.database.runner.leases import SqlLeases
from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.runner.errors import Contention, PositionLost
from consumers.runner.records import Move, Partition
from tests.kit.on_sql.databases import engine_of, scalar, wait_until
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.clocks import trusting_watch

pytestmark = pytest.mark.integration

PARTITIONS = [Partition("log", "id-1", number) for number in range(12)]
SHORT_SECONDS = 0.4
LONG_SECONDS = 60.0

Freeze = Callable[[ExitStack, Engine], None]


class Worker:
    """One worker of consumer `c` with an engine of its own."""

    def __init__(self, engine: Engine, name: str, lease_seconds: float) -> None:
        self.engine = engine
        self.leases = SqlLeases(engine, "c", "cluster", name, trusting_watch(), lease_seconds)
        self.work = SqlWork(
            engine, lambda connection: connection, lambda each: SqlPositions(each, "c", "cluster", name)
        )

    def numbers(self) -> set[int]:
        return {partition.number for partition in self.leases.hold(PARTITIONS)}

    def advance(self, number: int, start: int, end: int) -> None:
        with self.work.transaction() as (positions, _):
            positions.advance([Move(PARTITIONS[number], start, end)])


@pytest.fixture
def workers(database: DatabaseUrls) -> Iterator[Callable[..., Worker]]:
    with ExitStack() as stack:

        def start(name: str, lease_seconds: float = LONG_SECONDS) -> Worker:
            return Worker(stack.enter_context(engine_of(database.worker_url, name)), name, lease_seconds)

        yield start


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


def test_a_lease_lasts_from_its_renewal_on_and_does_not_grow(workers: Callable[..., Worker]) -> None:
    a = workers("a")
    for _ in range(5):
        a.numbers()
    with a.engine.connect() as connection:
        assert scalar(
            connection,
            "SELECT bool_and(lease_until BETWEEN now() AND clock_timestamp() + interval '60 s') FROM consumer_offset",
        )


def test_what_another_takes_between_a_look_and_the_taking_stays_with_him(workers: Callable[..., Worker]) -> None:
    other = workers("b")
    # The rows are there, and nobody's.
    other.numbers()
    other.leases.release()

    class Slow(SqlLeases):
        """Looks at what is free, and takes it a little later."""

        def _wanted(self, *asked: Any) -> list[Partition]:
            wanted = super()._wanted(*asked)
            assert len(wanted) == 12, "all was free when it looked"
            assert len(other.numbers()) == 12
            return wanted

    slow = Slow(workers("a").engine, "c", "cluster", "a", trusting_watch(), LONG_SECONDS)
    assert slow.hold(PARTITIONS) == {}
    other.advance(2, 0, 9)


@contextmanager
def allowed_to_complain() -> Iterator[ExitStack]:
    """Give a stack whose connections may be ended from outside; only closing them may complain, nothing else."""
    stack = ExitStack()
    try:
        yield stack
    finally:
        with suppress(Exception):
            stack.close()


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


def move_the_clock(worker: Worker) -> bool:
    """Try as a worker does, which renews its leases and, after contention, tries again; say whether it went through.

    Partitions may change hands some milliseconds before their silent owner is ended.
    """
    worker.numbers()
    try:
        with meaningful_errors(), worker.engine.begin() as connection:
            connection.execute(text("UPDATE load_clock SET revision = revision + 1"))
    except Contention:
        return False
    return True


@pytest.mark.parametrize("freeze", [freeze_in_a_batch, freeze_inside_copy, freeze_in_a_sweep])
def test_an_owner_frozen_in_a_transaction_is_ended_and_its_locks_are_free(
    workers: Callable[..., Worker], freeze: Freeze
) -> None:
    frozen, successor = workers("a", SHORT_SECONDS), workers("b", SHORT_SECONDS)
    frozen.numbers()
    with allowed_to_complain() as stack:
        freeze(stack, frozen.engine)
        wait_until(lambda: len(successor.numbers()) == 12, "the successor owns everything")
        wait_until(lambda: move_the_clock(successor), "the lock that everybody needs to be free")
        successor.advance(0, 0, 5)
    with successor.engine.connect() as connection:
        assert scalar(connection, "SELECT revision FROM load_clock") == 1
        assert scalar(connection, "SELECT count(*) FROM intake_event") == 0
