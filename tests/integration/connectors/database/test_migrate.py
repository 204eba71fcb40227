"""Migrations: they agree with the model, can be repeated, and give workers no way to rewrite history."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from connectors.database.figures.gauges import SqlGauges
from connectors.database.publication.days import ALL, OutboxDays
from connectors.database.publication.outbox import OutboxStore
from connectors.database.reconciliation.bus import SqlReconciliation
from connectors.database.runner.intake import ClaimLedger
from connectors.database.schema.builds import DatabaseTooNew, known_steps, was_expanded_by_a_newer_build
from connectors.database.schema.metadata import OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT
from connectors.database.schema.migrate import configuration, drift, migrate
from connectors.database.schema.tables import metadata
from connectors.database.sql.engine import build_engine, plain_url
from connectors.roles import WORKER_ROLE
from connectors.telemetry import metrics
from consumers.intake import Conflict
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.runner.errors import DatabaseUnavailable
from schemas.envelope import Envelope
from schemas.message import Message
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.claims import SUBMISSION, claim

pytestmark = pytest.mark.integration

#: When the row of a day that goes was published.
PUBLISHED = "2026-01-03T09:30:00+00:00"
APPEND_ONLY = (
    "ledger_transfer",
    "ledger_account",
    "settlement_window",
    "registry_version",
    "intake_event",
    "dead_letter",
)


def outbox_days(engine: Engine) -> list[str]:
    query = text("SELECT relname FROM pg_class WHERE relname ~ '^outbox_[0-9]{8}$' ORDER BY relname")
    with engine.connect() as connection:
        return [name.removeprefix("outbox_") for name in connection.execute(query).scalars()]


def test_the_tables_are_as_the_model_says(database: DatabaseUrls) -> None:
    assert drift(database.owner_url) == []


def test_the_checks_are_as_the_model_says(engine: Engine) -> None:
    declared = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    query = text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
    with engine.connect() as connection:
        assert set(connection.execute(query).scalars()) == declared


def test_migrating_again_changes_nothing(database: DatabaseUrls, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE registry_head SET revision = 7"))
    migrate(database.owner_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, revision FROM registry_head")).all() == [(1, 7)]
        assert connection.execute(text("SELECT id, revision FROM load_clock")).all() == [(1, 0)]


def test_what_was_parked_before_waits_for_a_person_as_it_did_and_decisions_stay(fresh_database: DatabaseUrls) -> None:
    parked = (
        "INSERT INTO parked_event (consumer, key, reason, detail, topic, partition, position, headers, body, "
        "appended_at, expires_at, operator_action, operator_by, operator_why) VALUES "
        "('requests', 'a', 'failed', 'd', 't', 0, 1, '[]', '', now(), now(), NULL, NULL, NULL), "
        "('requests', 'b', 'failed', 'd', 't', 0, 2, '[]', '', now(), now(), 'skip', 'sara', 'sent twice')"
    )
    with engine_of(fresh_database.owner_url, "owner") as owner:
        with owner.begin() as connection:
            command.upgrade(configuration(connection), "0001")
            connection.execute(text(parked))
        migrate(fresh_database.owner_url)
        with owner.begin() as connection:
            tries = "SELECT key, tries, next_try_at IS NULL FROM parked_event ORDER BY key"
            assert connection.execute(text(tries)).all() == [("a", 1, True), ("b", 1, False)]
            decisions = "SELECT key, action, decided_by, why, outcome FROM park_decision"
            assert connection.execute(text(decisions)).all() == [("b", "skip", "sara", "sent twice", None)]


def test_of_claims_that_were_there_before_the_bodies_are_compared(fresh_database: DatabaseUrls) -> None:
    first, cancelled = claim("e-1"), claim("e-1", {**SUBMISSION, "reason": "r"}, type_name="RequestCancelled")
    same_body = first._replace(about_hash=cancelled.about_hash)
    kept = "INSERT INTO intake_event (source, event_id, body_hash) VALUES (:source, :id, :hash)"
    values = {"source": first.identity[0], "id": first.identity[1], "hash": first.body_hash}
    with engine_of(fresh_database.owner_url, "owner") as owner:
        with owner.begin() as connection:
            command.upgrade(configuration(connection), "0004")
            connection.execute(text(kept), values)
        migrate(fresh_database.owner_url)
        with owner.begin() as connection:
            screened = ClaimLedger(connection).screen([first, same_body, cancelled])
    assert screened.duplicates == [first, same_body]
    assert screened.conflicts == [Conflict(cancelled, ("body",))]


def test_what_was_owed_to_citizens_before_is_in_sight_afterwards(fresh_database: DatabaseUrls) -> None:
    paid = {"collected_rial": 30_000}
    documents: dict[str, dict[str, object]] = {
        "cancelled": {**paid},
        "rejected": {**paid, "returned_rial": 12_000},
        "expired": {**paid, "returned_rial": 30_000},
        "completed": {**paid, "refunds_rial": [10_000, 5_000], "returned_rial": 4_000},
        "started": {**paid},
        "routed": {},
    }
    insert = text(
        "INSERT INTO request (request_id, state, version, submitted, ever_routed, updated_at, document) "
        "VALUES (gen_random_uuid(), :state, 1, true, true, now(), :document)"
    )
    with engine_of(fresh_database.owner_url, "owner") as owner:
        with owner.begin() as connection:
            command.upgrade(configuration(connection), "0004")
            for state, document in documents.items():
                connection.execute(insert, {"state": state, "document": json.dumps(document)})
        migrate(fresh_database.owner_url)
        with owner.begin() as connection:
            owed: dict[str, int] = dict(
                map(tuple, connection.execute(text("SELECT state, owed_rial FROM request WHERE owed_rial <> 0")))
            )
    assert owed == {"cancelled": 30_000, "rejected": 18_000, "completed": 11_000}
    for state, document in documents.items():
        known = RequestState.model_validate({"request_id": uuid4(), "stage": RequestStage(state), **_tuples(document)})
        assert known.owed_rial == owed.get(state, 0), state


def _tuples(document: Mapping[str, object]) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def test_a_worker_cannot_rewrite_who_decided_what(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE park_decision SET outcome = 'done', ended_at = now()"))
    for statement in ("UPDATE park_decision SET decided_by = 'nobody'", "DELETE FROM park_decision"):
        with engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_a_worker_cannot_rewrite_history(engine: Engine, table: str, statement: str) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    with engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement.format(table, column, column)))


def test_a_worker_owns_nothing_and_makes_nothing(engine: Engine) -> None:
    for statement in ("CREATE TABLE mine (id int)", "DROP TABLE ledger_transfer", "ALTER TABLE request ADD x int"):
        with engine.begin() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_outbox_partitions_are_there_for_the_coming_days(engine: Engine) -> None:
    today = datetime.now(UTC).date()
    wanted = [f"{today + timedelta(days=ahead):%Y%m%d}" for ahead in range(-1, OUTBOX_DAYS_AHEAD + 1)]
    assert outbox_days(engine) == wanted


def test_answers_are_found_by_their_ids_on_every_day(engine: Engine) -> None:
    query = text("SELECT tablename FROM pg_indexes WHERE indexdef ~ 'USING hash .event_id.' ORDER BY tablename")
    with engine.begin() as connection:
        assert list(connection.execute(query).scalars()) == [
            "outbox",
            *(f"outbox_{day}" for day in outbox_days(engine)),
        ]
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(
            text("EXPLAIN SELECT body FROM outbox WHERE id > 0 AND event_id = ANY(ARRAY['a', 'b'])")
        )
        assert "_event_id_idx" in "".join(plan.scalars())


@pytest.fixture
def old_days(database: DatabaseUrls) -> None:
    """Two days long past, each with a row; that of the second is published."""
    with engine_of(database.owner_url, "owner") as owner, owner.begin() as connection:
        for day in ("2026-01-01", "2026-01-02"):
            name = day.replace("-", "")
            connection.execute(
                text(
                    f"CREATE TABLE outbox_{name} PARTITION OF outbox "
                    f"FOR VALUES FROM ('{day} 00:00+00') TO ('{day} 24:00+00')"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO outbox (created_at, shard, topic, partition, key, event_id, source, type, time, body)"
                    f"VALUES ('{day} 12:00+00', 0, 't', 0, 'k', '{day}', 's', 'y', now(), '')"
                )
            )
        connection.execute(text(f"UPDATE outbox SET published_at = '{PUBLISHED}' WHERE event_id = '2026-01-02'"))


def horizon(engine: Engine) -> object:
    with engine.connect() as connection:
        return connection.execute(text("SELECT published_until FROM publication_horizon")).scalar_one()


def maintain(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT outbox_maintain(3, 7)"))


@pytest.mark.usefixtures("old_days")
def test_old_partitions_go_only_when_everything_in_them_is_published(engine: Engine) -> None:
    assert horizon(engine) is None
    maintain(engine)
    assert "20260101" in outbox_days(engine)
    assert "20260102" not in outbox_days(engine)
    assert horizon(engine) == datetime.fromisoformat(PUBLISHED)


def test_of_many_days_only_the_last_are_kept_and_it_can_be_seen(database: DatabaseUrls, engine: Engine) -> None:
    def seen() -> OutboxDays:
        with engine.connect() as connection:
            return OutboxDays(*connection.execute(text(ALL)).one())

    # Yesterday's, today's and those ahead.
    fresh = OutboxDays(2 + OUTBOX_DAYS_AHEAD, 1, OUTBOX_DAYS_AHEAD)
    assert seen() == fresh
    today = datetime.now(UTC).date()
    with engine_of(database.owner_url, "owner") as owner, owner.begin() as connection:
        for age in range(2, 40):
            day = today - timedelta(days=age)
            name, begin, end = f"outbox_{day:%Y%m%d}", f"{day} 00:00+00", f"{day} 24:00+00"
            connection.execute(
                text(f"CREATE TABLE {name} PARTITION OF outbox FOR VALUES FROM ('{begin}') TO ('{end}')")
            )
    assert seen() == OutboxDays(fresh.partitions + 38, 39, OUTBOX_DAYS_AHEAD)
    with engine.begin() as connection:
        gauges = SqlGauges().read(connection)
    assert gauges[metrics.OUTBOX_DAYS] == {(): fresh.partitions + 38}
    assert gauges[metrics.OUTBOX_OLDEST_DAY] == {(): 39}
    assert gauges[metrics.OUTBOX_DAYS_AHEAD] == {(): OUTBOX_DAYS_AHEAD}
    maintain(engine)
    assert seen() == OutboxDays(fresh.partitions + OUTBOX_DAYS_KEPT - 1, OUTBOX_DAYS_KEPT, OUTBOX_DAYS_AHEAD)


@pytest.mark.usefixtures("old_days")
def test_nothing_goes_and_nobody_waits_while_the_outbox_is_compared(database: DatabaseUrls, engine: Engine) -> None:
    days = outbox_days(engine)
    with SqlReconciliation(database.worker_url, "cluster") as reconciliation:
        with reconciliation.snapshot() as snapshot:
            assert list(snapshot.publications())
            maintain(engine)
            assert outbox_days(engine) == days
            assert horizon(engine) is None
        maintain(engine)
    assert set(days) - set(outbox_days(engine)) == {"20260102"}


def test_a_missing_partition_makes_writers_wait_and_not_give_up(database: DatabaseUrls, engine: Engine) -> None:
    with engine_of(database.owner_url, "owner") as owner, owner.begin() as connection:
        for day in outbox_days(engine):
            connection.execute(text(f"DROP TABLE outbox_{day}"))
    message = Message("pishkhan.log.requests", "k", Envelope("e", "/bus", "t", time=datetime.now(UTC)), b"{}")
    with engine.begin() as connection, pytest.raises(DatabaseUnavailable, match="relay"):
        OutboxStore(connection).add([message])


def test_a_database_that_a_newer_build_only_expanded_is_worked_on(database: DatabaseUrls, engine: Engine) -> None:
    with engine_of(database.owner_url, "owner") as owner:
        with owner.begin() as connection:
            connection.execute(text("CREATE TABLE of_a_newer_build (id int)"))
            connection.execute(text(f"GRANT SELECT ON of_a_newer_build TO {WORKER_ROLE}"))
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        migrate(database.owner_url)
        with engine.connect() as connection:
            # What the newer build allowed its workers stays allowed.
            assert connection.execute(text("SELECT count(*) FROM of_a_newer_build")).scalar_one() == 0
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
        with owner.begin() as connection:
            connection.execute(text("COMMENT ON TABLE alembic_version IS 'the oldest build knows step 9998'"))
    with pytest.raises(DatabaseTooNew, match=r"by a newer build \(step 9999\).*restore a copy"):
        migrate(database.owner_url)
    # Whoever owns nothing is told the same.
    with (
        psycopg.connect(plain_url(database.worker_url)) as worker,
        pytest.raises(DatabaseTooNew, match=r"by a newer build \(step 9999\).*restore a copy"),
    ):
        was_expanded_by_a_newer_build(worker)


def test_an_empty_database_is_no_newer_one(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(plain_url(fresh_database.owner_url)) as owner:
        assert not was_expanded_by_a_newer_build(owner)


def test_the_steps_of_this_build_are_known_by_the_names_of_their_files(engine: Engine) -> None:
    with engine.connect() as connection:
        steps = ScriptDirectory.from_config(configuration(connection)).walk_revisions()
        assert known_steps() == {step.revision for step in steps}


def test_a_database_that_is_not_there_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        migrate("postgresql://nobody@127.0.0.1:1/none")


def test_an_engine_does_not_connect_before_it_is_used() -> None:
    build_engine("postgresql://nobody@127.0.0.1:1/none", "nobody").dispose()
