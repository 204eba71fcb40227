"""A row of settlement's progress is lost, and everything is read again: no money, load or message comes twice."""

import json
from collections.abc import Iterator

import pytest

from connectors.database.settlement.audit import audit
from connectors.database.settlement.reads import ledger_rows
from deploy.exits import ExitCode
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.reconciling import ACCEPT, COLLECT, DELIVER, LOG, START, reconcile, repair
from tests.kit.real.stepped import SmallBus, small_bus

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("progress")) as small:
        yield small


def effects(bus: SmallBus) -> tuple[object, ...]:
    """Return what settlement has led to: the ledger, the offices' positions, and the messages."""
    with engine_of(bus.settings.worker_database_url(), "test") as engine, engine.begin() as connection:
        assert list(audit(connection)) == []
        rows = [tuple(row) for row in ledger_rows(connection)]
    positions = bus.rows("SELECT office, reserved_rial, income_rial, late_cash_rial FROM office_position ORDER BY 1")
    told = bus.rows("SELECT event_id FROM outbox WHERE topic = 'pishkhan.log.settlement' ORDER BY event_id")
    return rows, positions, told


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM settlement_progress WHERE subject = %s",
        "UPDATE settlement_progress SET sequence = 1 WHERE subject = %s",
    ],
)
def test_a_repair_after_progress_was_lost_enters_nothing_twice(bus: SmallBus, harm: str) -> None:
    request_id = bus.served(ACCEPT, COLLECT, START, DELIVER)
    bus.settle()
    before = effects(bus)
    progress = bus.rows("SELECT sequence FROM settlement_progress WHERE subject = %s", request_id)
    bus.harm(harm, request_id)
    named = reconcile(bus, "--ndjson")
    assert named.exit_code == ExitCode.DIFFERS
    *lines, _ = [json.loads(line) for line in named.stdout.splitlines()]
    assert {(line["kind"], line["subject"]) for line in lines} == {("progress_lost", str(request_id))}
    assert repair(bus, LOG, "--yes").exit_code == 0
    bus.start_again()
    bus.settle()
    assert effects(bus) == before
    assert bus.rows("SELECT sequence FROM settlement_progress WHERE subject = %s", request_id) == progress
    assert reconcile(bus).exit_code == 0
