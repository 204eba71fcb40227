"""The one row that rules a partition, column by column: what leases write in it, and what moves write."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.database.runner.leases import SqlLeases
from connectors.database.runner.positions import SqlPositions, passed
from consumers.runner.errors import Fenced
from consumers.runner.records import Move, Partition
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.clocks import trusting_watch

pytestmark = pytest.mark.integration

PARTITIONS = [Partition("log", "id-1", number) for number in range(3)]
FIRST, SECOND, THIRD = PARTITIONS
LEASE_SECONDS = 60.0
_ROW = """
SELECT owner, next_position, lease_until > clock_timestamp() AS leased, backend_pid = pg_backend_pid() AS ours,
    backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS begun_as_ours,
    chain_count, window_number
FROM consumer_offset
WHERE consumer = :consumer AND cluster_id = :cluster AND topic = 'log' AND partition = :number
"""


@pytest.fixture
def engine(database: DatabaseUrls) -> Iterator[Engine]:
    """An engine of one connection, as a worker's is."""
    with engine_of(database.worker_url, "a") as engine:
        yield engine


def leases(engine: Engine, owner: str = "a", consumer: str = "c", cluster: str = "cluster") -> SqlLeases:
    return SqlLeases(engine, consumer, cluster, owner, trusting_watch(), LEASE_SECONDS)


def row(engine: Engine, where: Partition, consumer: str = "c", cluster: str = "cluster") -> dict[str, Any]:
    with engine.connect() as connection:
        names = {"consumer": consumer, "cluster": cluster, "number": where.number}
        found = connection.execute(text(_ROW), names).mappings().one()
        return dict(found)


def advance(engine: Engine, *moves: Move, owner: str = "a", consumer: str = "c", cluster: str = "cluster") -> None:
    with engine.begin() as connection:
        SqlPositions(connection, consumer, cluster, owner).advance(moves)


FRESH = {"next_position": 0, "chain_count": 0, "window_number": 1}


def test_a_lease_names_its_owner_its_end_and_the_backend_that_will_hold_the_locks(engine: Engine) -> None:
    leases(engine).hold(PARTITIONS)
    held = {"owner": "a", "leased": True, "ours": True, "begun_as_ours": True}
    assert [row(engine, where) for where in PARTITIONS] == [{**FRESH, **held}] * 3


def test_a_lease_that_is_given_back_leaves_nothing_of_its_owner_and_keeps_the_position(engine: Engine) -> None:
    mine = leases(engine)
    mine.hold(PARTITIONS)
    advance(engine, Move(SECOND, 0, 5))
    mine.release()
    nobody = {"owner": None, "leased": None, "ours": None, "begun_as_ours": None}
    assert [row(engine, where) for where in (FIRST, SECOND)] == [
        {**FRESH, **nobody},
        {**FRESH, **nobody, "next_position": 5},
    ]


def test_what_another_has_is_not_given_back_with_mine(engine: Engine) -> None:
    mine, others = leases(engine), leases(engine, "b")
    mine.hold(PARTITIONS)
    others.hold(PARTITIONS)
    mine.hold(PARTITIONS)
    assert set(others.hold(PARTITIONS)) == {THIRD}, "the fair share of the second by name"
    mine.release()
    assert [row(engine, where)["owner"] for where in PARTITIONS] == [None, None, "b"]


def test_a_move_changes_the_position_of_its_own_row_and_nothing_else(engine: Engine) -> None:
    for consumer in ("c", "other"):
        leases(engine, consumer=consumer).hold(PARTITIONS)
    before = {(consumer, where): row(engine, where, consumer) for consumer in ("c", "other") for where in PARTITIONS}
    advance(engine, Move(FIRST, 0, 3), Move(THIRD, 0, 9))
    before["c", FIRST]["next_position"], before["c", THIRD]["next_position"] = 3, 9
    assert {place: row(engine, place[1], place[0]) for place in before} == before
    with engine.connect() as connection:
        assert passed(connection, "c") == {FIRST: 3, SECOND: 0, THIRD: 9}
        assert passed(connection, "other") == dict.fromkeys(PARTITIONS, 0)


@pytest.mark.parametrize("changed", [{"owner": "b"}, {"consumer": "other"}, {"cluster": "elsewhere"}])
def test_a_move_of_another_owner_consumer_or_cluster_finds_no_row(engine: Engine, changed: dict[str, str]) -> None:
    leases(engine).hold(PARTITIONS)
    with pytest.raises(Fenced):
        advance(engine, Move(FIRST, 0, 3), **changed)
    assert row(engine, FIRST)["next_position"] == 0
