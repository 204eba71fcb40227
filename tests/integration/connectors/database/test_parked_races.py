"""Operators and workers at one parked event at the same moment: every decision has one end, and none is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.database.parking.operator import ParkOperator
from connectors.database.parking.park import ParkedStore
from consumers.parking import OperatorAction, ParkedRow
from consumers.runner.errors import Contention
from tests.contract.parks import failed
from tests.kit.on_sql.databases import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def row(engine: Engine) -> ParkedRow:
    """One event on which the code has failed."""
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([failed("k")])
        return store.of_keys(["k"])[0]


@contextmanager
def meanwhile(engine: Engine, act: Callable[[Connection], object]) -> Iterator[Connection]:
    """Open a transaction; once the block has done its part in it, `act` in another one has to wait for its end."""
    with ThreadPoolExecutor(max_workers=1) as thread:

        def other() -> None:
            with engine.begin() as connection:
                act(connection)

        with engine.begin() as connection:
            yield connection
            acting: Future[None] = thread.submit(other)
            wait_until(lambda: acting.done() or waits(engine), "the other one to wait for the first")
            assert not acting.done(), "it waits for the row"
        acting.result(timeout=20)


def waits(engine: Engine) -> bool:
    """Say whether somebody waits for a row of this database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with engine.connect() as connection:
        return bool(connection.execute(text(query)).scalar_one() == 1)


def decide(action: OperatorAction, by: str) -> Callable[[Connection], list[int]]:
    return lambda connection: ParkOperator(connection).decide([1], action, by, "for a reason")


def ends(engine: Engine) -> list[tuple[str, str, str | None]]:
    """Return who decided what on the event, in order, and what became of it."""
    with engine.begin() as connection:
        return [(one.decided_by, one.action, one.outcome) for one in ParkOperator(connection).decisions(1)]


def test_of_two_operators_the_later_one_is_heard_and_the_earlier_one_reads_that(engine: Engine, row: ParkedRow) -> None:
    with meanwhile(engine, decide(OperatorAction.SKIP, "reza")) as connection:
        assert decide(OperatorAction.REDRIVE, "sara")(connection) == [row.id] == [1]
    assert ends(engine) == [("sara", "redrive", "replaced"), ("reza", "skip", None)]
    with engine.begin() as connection:
        assert [line.decided_by for line in ParkOperator(connection).oldest(10)] == ["reza"], "one event, one line"


def test_a_decision_that_comes_as_a_worker_lets_the_event_go_has_an_end(engine: Engine, row: ParkedRow) -> None:
    with meanwhile(engine, lambda other: ParkedStore(other, "requests").remove([row.id])) as connection:
        decide(OperatorAction.SKIP, "sara")(connection)
    assert ends(engine) == [("sara", "skip", "done")]


def test_an_event_that_an_operator_takes_back_as_a_worker_gives_it_up_is_kept(engine: Engine, row: ParkedRow) -> None:
    def give_up(connection: Connection) -> None:
        with pytest.raises(Contention):
            ParkedStore(connection, "requests").skip([row.id])

    with engine.begin() as connection:
        decide(OperatorAction.SKIP, "sara")(connection)
    with meanwhile(engine, give_up) as connection:
        decide(OperatorAction.REDRIVE, "reza")(connection)
    assert ends(engine) == [("sara", "skip", "replaced"), ("reza", "redrive", None)]
    with engine.begin() as connection:
        assert ParkedStore(connection, "requests").of_keys(["k"])[0].to_try


def test_a_decision_on_an_event_that_a_worker_is_letting_go_finds_nothing(engine: Engine, row: ParkedRow) -> None:
    found: list[list[int]] = []
    with meanwhile(engine, lambda other: found.append(decide(OperatorAction.SKIP, "sara")(other))) as connection:
        ParkedStore(connection, "requests").remove([row.id])
    assert found == [[]]
    assert ends(engine) == []


def test_a_decision_that_a_worker_could_not_see_is_for_it_to_do_yet(engine: Engine, row: ParkedRow) -> None:
    def keep(connection: Connection) -> None:
        ParkedStore(connection, "requests").keep([row.with_failure("KeyError")])

    with meanwhile(engine, keep) as connection:
        decide(OperatorAction.REDRIVE, "sara")(connection)
    assert ends(engine) == [("sara", "redrive", None)]
    with engine.begin() as connection:
        [kept] = ParkedStore(connection, "requests").of_keys(["k"])
    assert (kept.action, kept.to_try, kept.event.tries) == (OperatorAction.REDRIVE, True, 2)


def test_an_event_that_is_redriven_again_while_a_worker_tries_it_is_tried_once_more(
    engine: Engine, row: ParkedRow
) -> None:
    with engine.begin() as connection:
        decide(OperatorAction.REDRIVE, "sara")(connection)
        [seen] = ParkedStore(connection, "requests").of_keys(["k"])

    def keep(connection: Connection) -> None:
        ParkedStore(connection, "requests").keep([seen.with_failure("KeyError")])

    with meanwhile(engine, keep) as connection:
        decide(OperatorAction.REDRIVE, "reza")(connection)
    assert ends(engine) == [("sara", "redrive", "replaced"), ("reza", "redrive", None)]
    with engine.begin() as connection:
        [kept] = ParkedStore(connection, "requests").of_keys(["k"])
    assert kept.to_try
