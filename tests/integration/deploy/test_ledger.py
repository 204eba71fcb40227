"""`pishkhan ledger` on a real database: whoever adds the export up finds the books, and tampering is told."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.problem import Problem
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.settlement import SettlementBus, license_office
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.ledger_log import (
    AGENCY,
    OFFICE,
    RequestsLog,
    accepted,
    bill,
    certificate,
    collected,
    completed,
    refunded,
    request,
)

pytestmark = pytest.mark.integration

DRAWER = f"office:{OFFICE}:drawer"
BALANCES = {
    DRAWER: 1_280_000,
    f"office:{OFFICE}": -1_200 - 13_999,
    f"agency:{AGENCY}": -1_248_800,
    "bank:melli": -6_000,
    "citizens:refunds": -10_001,
}


class Terminal:
    """A terminal at a database with a bill and a partly refunded certificate, in window 1, which is closed."""

    def __init__(self, engine: Engine, urls: DatabaseUrls, data: Path) -> None:
        log = RequestsLog()
        for number, of_fee in enumerate((bill(), certificate())):
            log.add(accepted(request(number), of_fee))
            log.add(collected(request(number), of_fee.office_collects_rial))
            log.add(completed(request(number), of_fee))
        log.add(refunded(request(1), certificate(), 10_001))
        log.mark(1)
        self.bus = SettlementBus(engine)
        with engine.begin() as connection:
            license_office(connection, OFFICE, cap_rial=10**7, reserved_rial=1_259_000)
        self.bus.handle(*log.records)
        self.urls = urls
        self.environment = {
            "PISHKHAN_DATABASE_URL": urls.worker_url,
            "PISHKHAN_DATA_DIRECTORY": str(data),
            # No broker: only who asks which row differs needs one.
            "PISHKHAN_KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "PISHKHAN_KAFKA_PASSWORD": "x",
        }

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(build("ledger"), ["ledger", *arguments], env=self.environment)


@pytest.fixture
def terminal(engine: Engine, database: DatabaseUrls, tmp_path: Path) -> Terminal:
    return Terminal(engine, database, tmp_path)


def added_up(lines: list[dict[str, object]]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[str(line["account"])] += int(str(line["amount_rial"]))
    return {account: balance for account, balance in sums.items() if balance}


def test_anyone_can_add_the_export_up(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("export")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 2 * len(terminal.bus.rows())
    assert sum(line["amount_rial"] for line in lines) == 0
    assert added_up(lines) == BALANCES
    by_transaction: dict[str, int] = defaultdict(int)
    for line in lines:
        by_transaction[line["transaction_id"]] += line["amount_rial"]
    assert set(by_transaction.values()) == {0}
    assert set(lines[0]) == {"transaction_id", "event_id", "request_id", "kind", "account", "amount_rial", "time"}
    assert lines[0]["time"].startswith("2026-11-25T08:00:0")
    assert lines[0]["time"].endswith("Z")

    path = tmp_path / "ledger.csv"
    assert terminal.run("export", "--format", "csv", "--output", str(path)).exit_code == 0
    with path.open(encoding="utf-8", newline="") as stream:
        from_csv = list(csv.DictReader(stream))
    assert from_csv == [{name: str(value) for name, value in line.items()} for line in lines]


def test_an_export_that_nobody_reads_to_its_end_is_no_fault(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "deploy.cli", "ledger", "export"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=terminal.environment) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        export.stdout.close()
        assert export.stderr.read() == b""
    assert export.returncode == 0


def test_a_file_that_cannot_be_written_is_told(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("export", "--output", str(tmp_path / "missing" / "ledger.csv"))
    assert isinstance(result.exception, Problem)
    assert "cannot be written: No such file or directory." in str(result.exception)


def test_balances_are_shown_per_account(terminal: Terminal) -> None:
    shown = terminal.run("balances").stdout
    for account, balance in BALANCES.items():
        assert account in shown
        assert f"{balance:,}" in shown
    assert "Σ 0 rial" in shown
    offices = terminal.run("balances", "office:").stdout
    assert DRAWER in offices
    assert "bank:melli" not in offices
    assert "No account begins so." in terminal.run("balances", "nobody:").stdout


def test_disputes_are_shown_beside_the_balances(terminal: Terminal) -> None:
    with terminal.bus.stores() as stores:
        stores.ledger.mark_disputes({request(1): (True, terminal.bus.rows()[0].recorded_at)})
    assert "1 requests are in dispute; 30,000 rial posted for them" in " ".join(terminal.run("balances").stdout.split())


def test_sound_books_are_verified(terminal: Terminal) -> None:
    result = terminal.run("verify")
    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "12 transfers; held 1,281,200 = posted 1,281,200 + voided 0 + still held 0 rial; Σ 0" in told
    assert "The ledger is sound" in told


def test_unsound_books_end_with_code_1(terminal: Terminal) -> None:
    with engine_of(terminal.urls.owner_url, "owner") as owner, owner.begin() as connection:
        connection.execute(text("UPDATE ledger_transfer SET amount_rial = amount_rial + 1 WHERE kind = 'collect'"))
    result = terminal.run("verify")
    assert isinstance(result.exception, Problem)
    assert "The ledger is not sound" in str(result.exception)
    assert "do not make the chain" in str(result.exception)
    assert "which rows differ cannot be said: that takes the log, and the broker does not answer" in str(
        result.exception
    )


def test_a_statement_is_for_people(terminal: Terminal) -> None:
    persian = terminal.run("statement", DRAWER, "--window", "1", "--lang", "fa").stdout
    # The window's marker came at 08:00 UTC on 26 November 2026: 11:30 in Tehran, 5 Azar 1405.
    assert "دوره در ۱۴۰۵/۰۹/۰۵ ۱۱:۳۰ بسته شد" in persian
    assert "مانده پایان دوره: ۱٬۲۸۰٬۰۰۰ ریال" in persian
    assert "یکصد و بیست و هشت هزار تومان: صاحب حساب بدهکار است" in persian
    english = terminal.run("statement", "bank:melli", "--window", "1").stdout
    assert "closed on 2026-11-26 11:30 (Tehran)" in english
    assert "post, credit: 9,000 rial" in english
    assert "refund, debit: 3,000 rial" in english
    assert "600 toman: the account's holder is owed this" in english
    assert "owed to citizens by all offices at the end of the window: 10,001 rial" in english
    assert "of this by this office" not in english
    assert "از آن این دفتر، هم‌اکنون" in persian
    still_open = terminal.run("statement", "bank:melli", "--window", "2").stdout
    assert "this window is still open" in still_open
    assert "opening balance: -6,000 rial" in still_open


def test_an_unknown_account_is_told(terminal: Terminal) -> None:
    result = terminal.run("statement", "bank:nobody", "--window", "1")
    assert isinstance(result.exception, Problem)
    assert "bank:nobody has no entry up to window 1" in str(result.exception)
