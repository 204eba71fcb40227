"""While the server works, something else is done, as long as there is something, and nothing is lost of either."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from time import monotonic

import pytest
from sqlalchemy import func, select, text

from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from connectors.database.schema.tables import intake_event, outbox
from connectors.database.sql.copy import copy_rows
from consumers.runner.errors import Collision, DatabaseUnavailable
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration

#: How often psycopg looks up from a wait, to let an interrupt through.
DRIVER_WAKES_SECONDS = 0.1
#: A row whose commit takes a fifth of a second.
DOZING = (
    "CREATE TABLE dozing (number int)",
    "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$",
    """CREATE CONSTRAINT TRIGGER dozes AFTER INSERT ON dozing DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION doze()""",
    "INSERT INTO dozing VALUES (1)",
)
MOMENT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
IDENTITY = ("source", "event_id", "body_hash")


def test_a_slow_answer_is_waited_for_with_other_work(database: DatabaseUrls) -> None:
    steps = count(1)
    with engine_of(database.worker_url, "test", lambda: bool(next(steps))) as engine, engine.connect() as connection:
        before = next(steps)
        assert connection.execute(text("SELECT 42 FROM pg_sleep(0.2)")).scalar_one() == 42
        assert next(steps) - before > 10, "a fifth of a second is room for many steps"


def test_what_has_nothing_left_to_do_is_asked_again_only_when_the_driver_wakes_up(database: DatabaseUrls) -> None:
    steps = count()
    with engine_of(database.worker_url, "test", lambda: next(steps) < 0) as engine, engine.connect() as connection:
        connection.execute(text("SELECT"))
        before, began_at = next(steps), monotonic()
        assert connection.execute(text("SELECT 42 FROM pg_sleep(0.1)")).scalar_one() == 42
        assert next(steps) - before <= 3 + (monotonic() - began_at) / DRIVER_WAKES_SECONDS


def test_the_server_takes_megabytes_with_other_work(database: DatabaseUrls) -> None:
    columns = ("shard", "topic", "partition", "key", "event_id", "source", "type", "time", "body")
    steps = count(1)
    seen: list[int] = []

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(5_000):
            seen.append(next(steps))
            yield 0, "t", 0, "k", str(number), "/bus", "y", MOMENT, bytes(3_000)

    with engine_of(database.worker_url, "test", lambda: bool(next(steps))) as engine:
        with engine.begin() as connection:
            copy_rows(connection, outbox, columns, rows())
            assert next(steps) - seen[-1] > 1, "the server answers after the last row"
            assert seen[-1] - seen[1] > len(seen), "the server takes rows more slowly than they are made"
        with engine.begin() as connection:
            assert connection.execute(select(func.count()).select_from(outbox)).scalar() == 5_000


def test_a_slow_commit_is_waited_for_with_other_work(database: DatabaseUrls) -> None:
    steps = count(1)
    with (
        engine_of(database.owner_url, "test", lambda: bool(next(steps))) as engine,
        engine.connect() as connection,
    ):
        for statement in DOZING:
            connection.execute(text(statement))
        asked = next(steps)
        connection.commit()
        assert next(steps) - asked > 10, "a fifth of a second is room for many steps"


def test_an_error_of_the_server_is_met_after_the_other_work(database: DatabaseUrls) -> None:
    rows = [("s", str(number // 2), b"") for number in range(20_000)]
    steps = count(1)
    with engine_of(database.worker_url, "test", lambda: bool(next(steps))) as engine:
        with pytest.raises(Collision), engine.begin() as connection:
            copy_rows(connection, intake_event, IDENTITY, rows)
        with engine.begin() as connection:
            assert connection.execute(select(func.count()).select_from(intake_event)).scalar() == 0


def test_a_connection_that_is_ended_is_met_after_the_other_work(database: DatabaseUrls) -> None:
    with engine_of(database.worker_url, "test", lambda: False) as engine:
        work = SqlWork(engine, lambda connection: connection, lambda one: SqlPositions(one, "c", "c", "c"))
        with pytest.raises(DatabaseUnavailable), work.transaction() as (_, connection):
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(1)"))
        with work.transaction() as (_, connection):
            assert connection.execute(text("SELECT 42")).scalar_one() == 42
