"""Positions and leases: the memory database of the runner's tests behaves as the real one does."""

from abc import ABC, abstractmethod

import pytest
from sqlalchemy import Engine

from connectors.database.engine import SqlWork
from connectors.database.leases import SqlLeases
from connectors.database.positions import SqlPositions
from consumers.runner.ports import Fenced, Leases, Move, Partition, Work
from tests.runner_memory import MemoryDatabase, MemoryLeases, MemoryWork, partition

ALL = [partition(0), partition(1), partition(2)]
FIRST, SECOND, THIRD = ALL


class World(ABC):
    """One database; `worker` gives one worker's leases and transactions on it."""

    @abstractmethod
    def worker(self, name: str) -> tuple[Leases, Work[object]]: ...


class MemoryWorld(World):
    def __init__(self) -> None:
        self._database = MemoryDatabase(ALL)

    def worker(self, name: str) -> tuple[Leases, Work[object]]:
        return MemoryLeases(self._database, name), MemoryWork(self._database, name)


class SqlWorld(World):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def worker(self, name: str) -> tuple[Leases, Work[object]]:
        work: Work[object] = SqlWork(
            self._engine,
            lambda connection: connection,
            lambda connection: SqlPositions(connection, "c", "cluster", name),
        )
        return SqlLeases(self._engine, "c", "cluster", name), work


class PositionsContract:
    """What every database of positions must do."""

    def test_positions_begin_at_the_beginning(self, world: World) -> None:
        leases, _ = world.worker("one")
        assert leases.hold(ALL) == dict.fromkeys(ALL, 0)

    def test_only_what_is_known_is_held(self, world: World) -> None:
        leases, _ = world.worker("one")
        assert set(leases.hold([FIRST])) == {FIRST}

    def test_a_committed_batch_moves_its_positions(self, world: World) -> None:
        leases, work = world.worker("one")
        leases.hold(ALL)
        advance(work, Move(FIRST, 0, 5), Move(SECOND, 0, 2))
        assert leases.hold(ALL) == {FIRST: 5, SECOND: 2, THIRD: 0}

    def test_an_exception_moves_nothing(self, world: World) -> None:
        leases, work = world.worker("one")
        leases.hold(ALL)
        with pytest.raises(ZeroDivisionError):
            advance_and_fail(work, Move(FIRST, 0, 5))
        assert leases.hold(ALL)[FIRST] == 0

    def test_a_wrong_start_fences_the_whole_batch(self, world: World) -> None:
        leases, work = world.worker("one")
        leases.hold(ALL)
        with pytest.raises(Fenced):
            advance(work, Move(SECOND, 0, 1), Move(FIRST, 3, 5))
        assert leases.hold(ALL) == dict.fromkeys(ALL, 0)

    def test_whoever_does_not_own_a_partition_is_fenced(self, world: World) -> None:
        leases, _ = world.worker("one")
        leases.hold(ALL)
        _, stranger = world.worker("two")
        with pytest.raises(Fenced):
            advance(stranger, Move(FIRST, 0, 5))

    def test_no_moves_are_no_statement(self, world: World) -> None:
        _, work = world.worker("one")
        advance(work)


def advance(work: Work[object], *moves: Move) -> None:
    with work.transaction() as (positions, _):
        positions.advance(moves)


def advance_and_fail(work: Work[object], move: Move) -> None:
    with work.transaction() as (positions, _):
        positions.advance([move])
        raise ZeroDivisionError


class TestMemoryPositions(PositionsContract):
    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()


@pytest.mark.integration
class TestSqlPositions(PositionsContract):
    @pytest.fixture
    def world(self, engine: Engine) -> World:
        return SqlWorld(engine)


def test_partitions_are_told_apart_by_the_incarnation_of_their_topic() -> None:
    assert Partition("t", "id-1", 0) != Partition("t", "id-2", 0)
