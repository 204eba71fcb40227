"""The figures out of the database, against rows that the stores wrote, and who shows them."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, insert, text

from connectors.clock import ScaledClock
from connectors.database.figures import worker as database_gauges
from connectors.database.figures.gauges import SqlGauges
from connectors.database.figures.worker import DatabaseGauges
from connectors.database.kpi.stores import SqlKpiWork
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.schema import tables
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.telemetry import metrics
from connectors.telemetry.exporter import Exporter, Series
from connectors.telemetry.metrics import Metric, Origin, of_origin
from connectors.telemetry.worker import WorkerTelemetry
from consumers.intake import Unreadable
from consumers.kpi.handlers import KpiHandler
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas.base import OfficeClass
from schemas.decode import encode
from schemas.log_registry import OfficeVersioned
from tests.kit.real.engines import DatabaseUrls, Engines
from tests.kit.real.outages import closed_to_workers
from tests.kit.values.builders import office
from tests.kit.values.clocks import trusting_watch
from tests.kit.values.kpi_log import MORNING, records, working_day

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def engine(migrated_database: DatabaseUrls) -> Iterator[Engine]:
    engine = build_engine(migrated_database.worker_url, "test-gauges")
    yield engine
    engine.dispose()


def fill(engine: Engine) -> None:
    """Put a day of facts, a small ledger and some trouble into the database."""
    handler = KpiHandler(ScaledClock.same_as_real(), new_id, WorkerTelemetry(Exporter(), "kpi"))
    work = SqlKpiWork(engine, trusting_watch())
    with work.transaction() as stores:
        handler.handle(stores, records(working_day()), complete=True)
    with work.transaction() as stores:
        handler.measure(stores, 10_000)
    with engine.begin() as connection:
        _registry(connection)
        _requests(connection)
        _ledger(connection)
        parked = {"key": "k", "topic": "t", "partition": 0, "headers": [], "body": b"", "appended_at": NOW}
        connection.execute(
            insert(tables.parked_event).values(
                consumer="requests", reason="predecessor", detail="d", position=1, expires_at=NOW, **parked
            )
        )
        for position, again in ((2, NOW), (3, None)):
            connection.execute(
                insert(tables.parked_event).values(
                    consumer="kpi",
                    reason="failed",
                    detail="d",
                    position=position,
                    expires_at=NOW,
                    next_try_at=again,
                    **parked,
                )
            )
        connection.execute(
            insert(tables.office_position).values(office="office-1", reserved_rial=70, cap_rial=50, capacity=1)
        )


def _registry(connection: Connection) -> None:
    for revision, code in enumerate(("office-1", "office-2"), start=1):
        changes = {"office_class": OfficeClass.RURAL} if code == "office-2" else {}
        entry = OfficeVersioned(revision=revision, accepted_at=MORNING, office=office(code, **changes))
        row = {"revision": revision, "kind": "office", "code": code, "version": 1}
        body = json.loads(encode(entry))
        connection.execute(insert(tables.registry_version).values(valid_from=NOW, accepted_at=NOW, body=body, **row))


def _requests(connection: Connection) -> None:
    rows = (
        ("routed", "water", True, 0),
        ("routed", "water", True, 0),
        ("awaited", None, False, 0),
        ("cancelled", "water", True, 500),
        ("completed", "water", True, 70),
    )
    for state, agency, submitted, owed_rial in rows:
        connection.execute(
            insert(tables.request).values(
                request_id=uuid4(),
                state=state,
                version=1,
                submitted=submitted,
                ever_routed=True,
                agency=agency,
                owed_rial=owed_rial,
                updated_at=NOW,
                document={},
            )
        )


def transfer(connection: Connection, number: int, kind: str, debit: str, credit: str, rial: int) -> None:
    connection.execute(
        insert(tables.ledger_transfer).values(
            partition=3,
            number=number,
            transaction_id=UUID(int=number),
            event_id="e",
            kind=kind,
            debit_account=debit,
            credit_account=credit,
            amount_rial=rial,
            window_number=1,
            recorded_at=NOW,
        )
    )


def _ledger(connection: Connection) -> None:
    transfer(connection, 1, "hold", "citizens", "suspense", 1_000)
    transfer(connection, 2, "collect", "office:office-1:drawer", "citizens", 600)
    transfer(connection, 3, "post", "suspense", "office:office-1", 400)
    transfer(connection, 4, "post", "agency:water", "holds:agency:water", 400)
    for account, debited, credited in (("suspense", 400, 1_000), ("citizens", 1_000, 600), ("the rest", 1_000, 800)):
        connection.execute(
            insert(tables.ledger_balance).values(
                partition=3, account=account, window_number=1, debits_rial=debited, credits_rial=credited
            )
        )


def test_every_figure_is_read(engine: Engine) -> None:
    fill(engine)
    gauges = SqlGauges()
    with engine.begin() as connection:
        read = without_zeros(gauges.read(connection))
    assert set(read) == set(of_origin(Origin.DATABASE))
    assert read[metrics.REQUESTS] == {("water", "routed"): 2, ("water", "cancelled"): 1, ("water", "completed"): 1}
    assert read[metrics.OWED] == {("cancelled",): 500, ("refunded",): 70}
    assert sum(read[metrics.OPENED].values()) == 8
    # The registry knows no such service, so its name, which anybody may choose, is no label.
    assert read[metrics.OPENED]["water", "none", "none"] == 1
    assert read[metrics.COMPLETED] == {
        ("civil-registry", "bojnord", "urban"): 1,
        ("civil-registry", "shirvan", "rural"): 1,
    }
    assert read[metrics.REFUSED] == {("civil-registry", "no_eligible_office"): 1}
    assert read[metrics.INCOME] == {("bojnord", "urban"): 21_000, ("shirvan", "rural"): 5_000}
    assert read[metrics.WAIT_P50] == {("bojnord",): 180, ("shirvan",): 1_260}
    assert read[metrics.WAIT_P99] == {("bojnord",): 900, ("shirvan",): 1_260}
    assert read[metrics.LEDGER_SUM] == {}
    assert read[metrics.STILL_HELD] == {(): 600}
    assert read[metrics.LEDGER_MOVED] == {("hold",): 1_000, ("collect",): 600, ("post",): 400}
    assert read[metrics.PARKED] == {("requests", "predecessor"): 1, ("kpi", "failed"): 2}
    assert read[metrics.UNDECIDED] == {("kpi",): 1}
    assert read[metrics.OFFICES_OVER_CAP] == {(): 1}
    assert read[metrics.RESERVED] == {(): 70}
    assert read[metrics.OUTBOX_ROWS][()] > 0
    assert read[metrics.OUTBOX_AGE][()] > 0


def test_the_ledger_is_added_up_from_where_the_last_reading_ended(engine: Engine) -> None:
    fill(engine)
    gauges = SqlGauges()
    with engine.begin() as connection:
        gauges.read(connection)
    with engine.begin() as connection:
        transfer(connection, 5, "void", "suspense", "citizens", 100)
        transfer(connection, 6, "hold", "citizens", "suspense", 30)
    with engine.begin() as connection:
        moved = without_zeros(gauges.read(connection))[metrics.LEDGER_MOVED]
    assert moved == {("hold",): 1_030, ("collect",): 600, ("post",): 400, ("void",): 100}
    with engine.begin() as connection:
        assert without_zeros(SqlGauges().read(connection))[metrics.LEDGER_MOVED] == moved


def test_what_has_not_happened_yet_shows_zero(engine: Engine) -> None:
    fill(engine)
    with engine.begin() as connection:
        read = SqlGauges().read(connection)
    assert read[metrics.REFUSED]["water", "no_agreement"] == 0
    assert read[metrics.PARKED]["settlement", "failed"] == 0
    assert read[metrics.UNDECIDED]["settlement",] == 0
    assert read[metrics.DEAD_LETTERS]["requests", "forged_source"] == 0
    assert read[metrics.LEDGER_MOVED]["refund",] == 0
    assert read[metrics.OWED]["expired",] == 0


def test_letters_that_were_let_go_are_counted_by_topic(engine: Engine) -> None:
    record = Record("pishkhan.intake.water", 0, 4, None, (), b"x", NOW)
    with engine.begin() as connection:
        DeadLetterStore(connection).add("requests", [Unreadable(record, DeadLetterReason.MALFORMED, "body", "x")])
        connection.execute(text("SELECT let_letters_go(90, 0, 0, 0, 0, 10)"))
    with engine.begin() as connection:
        read = SqlGauges().read(connection)
    let_go = {labels: count for labels, count in read[metrics.LETTERS_LET_GO].items() if count}
    assert let_go == {("requests", "pishkhan.intake.water"): 1}
    assert read[metrics.DEAD_LETTERS]["requests", "malformed"] == 0


def test_an_empty_database_reads_zero(engine: Engine) -> None:
    with engine.begin() as connection:
        read = SqlGauges().read(connection)
    assert read[metrics.LEDGER_SUM] == {(): 0}
    assert read[metrics.OUTBOX_AGE] == {(): 0}
    assert read[metrics.OPENED] == {}


def test_one_worker_shows_the_figures_and_another_takes_over(
    engine: Engine, migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_gauges, "READ_SECONDS", 0.1)
    other_engine = build_engine(migrated_database.worker_url, "test-gauges-2")
    first, second = Exporter(), Exporter()
    with showing(engine, first) as stop_first:
        wait_for(lambda: shows(first))
        with showing(other_engine, second):
            assert not shows(second)
            stop_first()
            wait_for(lambda: shows(second))
            assert not shows(first)
    other_engine.dispose()


def test_figures_vanish_with_the_database_and_come_back(
    engine: Engine, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_gauges, "READ_SECONDS", 0.1)
    exporter = Exporter()
    with showing(engine, exporter):
        wait_for(lambda: shows(exporter))
        with closed_to_workers(engines):
            wait_for(lambda: not shows(exporter))
        wait_for(lambda: shows(exporter))


def without_zeros(read: Mapping[Metric, Series]) -> dict[Metric, Series]:
    return {metric: {labels: value for labels, value in series.items() if value} for metric, series in read.items()}


@contextmanager
def showing(engine: Engine, exporter: Exporter) -> Iterator[Callable[[], None]]:
    stop = threading.Event()
    thread = threading.Thread(target=DatabaseGauges(engine, exporter.database).run, args=(stop,))
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(30)

    try:
        yield end
    finally:
        end()
    assert not thread.is_alive()


def shows(exporter: Exporter) -> bool:
    return exporter.registry.get_sample_value("pishkhan_ledger_sum_rial") is not None


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
