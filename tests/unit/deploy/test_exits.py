"""How commands end: the table, the page and `--help` that show it, and every command tried as a person runs it."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from deploy.cli import COMMANDS, CommandRow, build, main, registered
from deploy.exits import ALWAYS, EXITS, ExitCode, end_with, help_line, in_order, row_of
from deploy.operations.doctor.checks import good, wrong
from deploy.provinces.generate import NORTH_KHORASAN
from schemas.export import json_schema
from schemas.intake_office import FeeCollected

PAGE = Path(__file__).parents[3] / "docs" / "exit-codes.md"
NOBODY = "127.0.0.1:1"
REQUEST = "0190a6f0-0000-7000-8000-000000000001"
ALL = registered(build(None))
LEAVES = [(row, below) for row, below, _ in ALL]
#: Where a file is wanted; nobody is asked less for what it says.
SERVICE_FILE = Path(__file__).parents[3] / "schemas" / "examples" / "ServicePublished.json"
#: What each command needs to get as far as asking the broker or the database, for those that can find nobody there.
ASKING: dict[str, tuple[str, ...]] = {
    "publish": ("publish", "-"),
    "outcomes": ("outcomes", REQUEST),
    "replay-log": (
        "replay-log",
        str(NORTH_KHORASAN / "replay" / "boston_311_2011-09-26.csv.gz"),
        "--mapping",
        str(NORTH_KHORASAN / "replay" / "boston_311_2011.yaml"),
    ),
    "parked list": ("parked", "list"),
    "parked show": ("parked", "show", "1"),
    "parked redrive": ("parked", "redrive", "1", "--why", "w", "--by", "b"),
    "parked skip": ("parked", "skip", "1", "--why", "w", "--by", "b"),
    "outbox list": ("outbox", "list"),
    "outbox retry": ("outbox", "retry", "1", "--why", "w", "--by", "b"),
    "outbox give-up": ("outbox", "give-up", "1", "--why", "w", "--by", "b"),
    "repair chain": ("repair", "chain"),
    "replay": ("replay", "--from", "2026-11-25T06:00"),
    "key issue": ("key", "issue", "--agency", "gas", "--name", "n", "--scopes", "read"),
    "key list": ("key", "list"),
    "key rotate": ("key", "rotate", "bcdfghjklmnp"),
    "key revoke": ("key", "revoke", "bcdfghjklmnp"),
    "audit": ("audit",),
    "vault backup": ("vault", "key", "backup", "no-such-folder/key.json"),
    "vault rotate": ("vault", "key", "rotate"),
    "citizen forget": ("citizen", "forget"),
    "dead-letters list": ("dead-letters", "list"),
    "feed show": ("feed", "show", "--directorate"),
    "feed rebuild": ("feed", "rebuild"),
    "office inbox": ("office", "urban-001", "inbox", "--once"),
    "office show": ("office", "urban-001", "show", REQUEST),
    "office submit": ("office", "urban-001", "submit", "electricity.bill-copy"),
    "office accept": ("office", "urban-001", "accept", REQUEST),
    "office decline": ("office", "urban-001", "decline", REQUEST),
    "office collect": ("office", "urban-001", "collect", REQUEST),
    "office return": ("office", "urban-001", "return", REQUEST),
    "office start": ("office", "urban-001", "start", REQUEST),
    "office await": ("office", "urban-001", "await", REQUEST, "--question", "x"),
    "office deliver": ("office", "urban-001", "deliver", REQUEST),
    "office withdraw-claim": ("office", "urban-001", "withdraw-claim", "x"),
    "agency submit": ("agency", "electricity", "submit", "electricity.bill-copy", "--city", "bojnord"),
    "agency cancel": ("agency", "electricity", "cancel", REQUEST, "--reason", "x"),
    "agency answer": ("agency", "electricity", "answer", REQUEST, "approved"),
    "agency waiting": ("agency", "electricity", "waiting"),
    "agency withdraw-claim": ("agency", "electricity", "withdraw-claim", "x"),
    "agency publish-service": ("agency", "electricity", "publish-service", str(SERVICE_FILE)),
    "agency withdraw-service": ("agency", "electricity", "withdraw-service", "electricity.bill-copy", "--reason", "x"),
    "agency confirm": ("agency", "electricity", "confirm", "mou-electricity"),
    "agency veto": ("agency", "electricity", "veto", "mou-electricity", "--reason", "x"),
    "agency pause": ("agency", "electricity", "pause", "mou-electricity", "--reason", "x"),
    "agency resume": ("agency", "electricity", "resume", "mou-electricity", "--reason", "x"),
    "directorate license-office": ("directorate", "license-office", str(SERVICE_FILE)),
    "directorate change-office": ("directorate", "change-office", str(SERVICE_FILE)),
    "directorate suspend-office": ("directorate", "suspend-office", "urban-001", "--minutes", "1", "--reason", "x"),
    "directorate change-agreement": ("directorate", "change-agreement", str(SERVICE_FILE)),
    "directorate change-policy": ("directorate", "change-policy", str(NORTH_KHORASAN / "policy.yaml")),
    "directorate change-calendar": ("directorate", "change-calendar", str(NORTH_KHORASAN / "calendars.yaml")),
    "directorate change-territory": ("directorate", "change-territory", str(SERVICE_FILE)),
    "directorate pay": ("directorate", "pay", "urban-001", "--amount", "1", "--reference", "r", "--yes"),
    "directorate refund": ("directorate", "refund", REQUEST, "--amount", "1", "--reason", "x", "--yes"),
    "directorate correct": (
        *("directorate", "correct", "--debit", "directorate", "--credit", "office:urban-001", "--amount", "1"),
        *("--minutes", "1", "--reason", "x", "--yes"),
    ),
    "directorate fine": ("directorate", "fine", "urban-001", "--amount", "1", "--minutes", "1", "--yes"),
    "directorate lift-fine": (
        *("directorate", "lift-fine", REQUEST, "--office", "urban-001", "--amount", "1", "--minutes", "1", "--yes"),
    ),
    "directorate dispute": ("directorate", "dispute", REQUEST, "--reason", "x"),
    "directorate resolve": ("directorate", "resolve", REQUEST, "--outcome", "x"),
    "directorate close-window": ("directorate", "close-window", "1"),
    "directorate waiting": ("directorate", "waiting"),
    "directorate withdraw-claim": ("directorate", "withdraw-claim", "x"),
    "province load": ("province", "load", "north_khorasan"),
    "services list": ("services", "list"),
    "services show": ("services", "show", "bill"),
    "cities list": ("cities", "list"),
    "offices list": ("offices", "list"),
    "offices show": ("offices", "show", "urban-001"),
    "offices income": ("offices", "income"),
    "agencies list": ("agencies", "list"),
    "registry show": ("registry", "show", "office", "urban-001"),
    "registry history": ("registry", "history", "office", "urban-001"),
    "requests list": ("requests", "list"),
    "explain": ("explain", REQUEST),
    "ledger export": ("ledger", "export"),
    "ledger balances": ("ledger", "balances"),
    "ledger verify": ("ledger", "verify"),
    "ledger statement": ("ledger", "statement", "bank:bank-melli", "--window", "1"),
    "reconcile": ("reconcile",),
    "repair topic": ("repair", "topic", "pishkhan.log.requests"),
    "repair halted": ("repair", "halted"),
    "repair pass": ("repair", "pass", "pishkhan.log.requests", "0", "1", "--reason", "r", "--by", "b"),
    "faults": ("faults", "--yes"),
}


def full_name(row: CommandRow, below: str | None) -> str:
    return row.name if below is None else f"{row.name} {below}"


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """Run `pishkhan` with these words in a folder of its own, where nobody answers; return the exit code."""

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["pishkhan", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}\n")))
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    monkeypatch.setenv("PISHKHAN_DATA_DIRECTORY", str(tmp_path / "data"))
    return run


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a bus that is away."""
    monkeypatch.setenv("PISHKHAN_KAFKA_BOOTSTRAP", NOBODY)
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", f"postgresql+psycopg://nobody@{NOBODY}/none")
    monkeypatch.setenv("PISHKHAN_ROUTING_SECRET", "secret")
    monkeypatch.setenv("PISHKHAN_VAULT_URL", f"postgresql+psycopg://nobody@{NOBODY}/vault")
    # Nobody is there however long the client tries.
    monkeypatch.setattr("connectors.broker.login.BOOTSTRAP_TIMEOUT_MS", 200)


def test_every_code_has_one_row_and_the_rows_are_in_order() -> None:
    assert [row.code for row in EXITS] == sorted(ExitCode)


def test_codes_are_those_that_shells_and_our_libraries_give_anyway() -> None:
    assert (ExitCode.DONE, ExitCode.PROBLEM, ExitCode.USAGE, ExitCode.INTERRUPTED) == ALWAYS == (0, 1, 2, 130)


def test_the_page_shows_the_table_and_every_command() -> None:
    rows = [f"| {row.code.value} | {row.short} | {row.meaning} | {row.then} |" for row in EXITS]
    for row, below in LEAVES:
        codes = ", ".join(str(code.value) for code in in_order(row.ends_of(below)))
        rows.append(f"| `pishkhan {full_name(row, below)}` | {codes} |")
    shown = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [line for line in shown if not line.startswith(("| code", "| command"))] == rows


def test_what_is_declared_for_a_command_below_is_about_one_that_is_there() -> None:
    there = {(row.name, below) for row, below in LEAVES}
    assert [(row.name, below) for row in COMMANDS for below in row.but if (row.name, below) not in there] == []


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_help_tells_the_codes(row: CommandRow, ends: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    below = next((name for one, name in LEAVES if one is row), None)
    words = (
        (row.name,)
        if below is None
        else (
            row.name,
            *(("x",) if row.name in ("office", "agency") else ("key",) if row.name == "vault" else ()),
            below,
        )
    )
    assert ends(*words, "--help") == ExitCode.DONE
    assert help_line(row.ends_of(below)) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("row", "below"), LEAVES, ids=lambda each: getattr(each, "name", each))
def test_an_unknown_option_is_wrong_usage(row: CommandRow, below: str | None, ends: Callable[..., int]) -> None:
    party = ("x",) if row.name in ("office", "agency") else ("key",) if row.name == "vault" else ()
    assert ends(row.name, *party, *([] if below is None else [below]), "--no-such-option") == ExitCode.USAGE


@pytest.mark.parametrize(
    "words",
    [
        ("worker", "nobody"),
        ("parked", "skip", "--why", "w"),
        ("parked", "skip", "1", "--consumer", "kpi", "--why", "w"),
        ("replay", "--from", "yesterday"),
        ("replay", "--from", "2026-11-25T06:00", "--to", "2026-11-25T05:00"),
        ("replay", "--from", "2926-11-25T06:00"),
        ("agency", "electricity", "answer", REQUEST, "more"),
        ("office", "urban-001", "accept", "42"),
        ("explain", "42"),
        ("registry", "show", "office", "urban-001", "--at", "noon"),
        ("repair", "topic", "no-such-topic"),
        ("repair", "pass", "pishkhan.log.requests", "0", "1", "--reason", " "),
        ("province", "check", "atlantis"),
        ("province", "load", "atlantis"),
        ("directorate", "change-office", "no-such-file.yaml"),
        ("directorate", "suspend-office", "urban-001", "--minutes", "1", "--reason", "x", "--from", "1406-13-01"),
        ("directorate", "suspend-office", "urban-001", "--minutes", "1", "--reason", "x", "--id", "mine"),
        ("directorate", "pay", "urban-001", "--amount", "0", "--reference", "r", "--yes"),
        ("directorate", "pay", "Urban 1", "--amount", "1", "--reference", "r", "--yes"),
        ("directorate", "close-window", "7", "--id", ""),
        ("directorate", "lift-fine", "42", "--office", "urban-001", "--amount", "1", "--minutes", "1"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("nobody_answers")
def test_values_that_mean_nothing_are_wrong_usage(words: tuple[str, ...], ends: Callable[..., int]) -> None:
    assert ends(*words) == ExitCode.USAGE


def test_every_command_that_may_find_nobody_is_tried() -> None:
    assert ASKING.keys() == {full_name(row, below) for row, below in LEAVES if ExitCode.UNKNOWN in row.ends_of(below)}


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.usefixtures("nobody_answers")
def test_nobody_answers_so_it_could_not_be_known(
    name: str, ends: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(*ASKING[name]) == ExitCode.UNKNOWN
    assert "not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("worker", "requests"), ("parked", "list"), ("reconcile",), ("agency", "nobody", "credentials")],
    ids=" ".join,
)
def test_what_is_not_set_up_is_not_done(words: tuple[str, ...], ends: Callable[..., int]) -> None:
    assert ends(*words) == ExitCode.PROBLEM


def test_files_in_order_and_files_that_are_not(ends: Callable[..., int], tmp_path: Path) -> None:
    folder = tmp_path / "province"
    shutil.copytree(NORTH_KHORASAN, folder)
    assert ends("province", "check", str(folder)) == ExitCode.DONE
    offices = folder / "offices.csv"
    offices.write_text(offices.read_text(encoding="utf-8").replace(",active,", ",asleep,"), encoding="utf-8")
    assert ends("province", "check", str(folder)) == ExitCode.DIFFERS


def test_a_release_that_breaks_readers_is_refused(ends: Callable[..., int], tmp_path: Path) -> None:
    folder = tmp_path / "released"
    assert ends("schemas", "release", "--folder", str(folder)) == ExitCode.DONE
    schema = json_schema(FeeCollected)
    del schema["properties"]["receipt_number"]
    schema["properties"]["gone"] = {"type": "string"}
    schema["required"] = [*schema["required"], "gone"]
    (folder / "FeeCollected.v1.json").write_text(json.dumps(schema), encoding="utf-8")
    assert ends("schemas", "release", "--folder", str(folder)) == ExitCode.REFUSED


def test_the_doctor_tells_apart(ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    for found, code in ((good("disk", "room"), ExitCode.DONE), (wrong("disk", "full", "make room"), ExitCode.DIFFERS)):
        monkeypatch.setattr("deploy.commands.doctor.examine", lambda _, found=found: iter([found]))
        assert ends("doctor") == code


def test_harmless_differences_count_when_it_is_said(ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    for told, words, code in (
        ((9, 0, 0), (), ExitCode.DONE),
        ((9, 0, 2), (), ExitCode.DONE),
        ((9, 0, 2), ("--strict",), ExitCode.DIFFERS),
        ((9, 1, 0), (), ExitCode.DIFFERS),
    ):
        kept: list[tuple[object, ...]] = []
        monkeypatch.setattr("deploy.commands.reconcile._told", lambda *_, told=told: told)
        monkeypatch.setattr("deploy.commands.reconcile.keep", lambda *what, kept=kept: kept.append(what))
        assert ends("reconcile", *words) == code
        assert kept == [(None, *told, code)]


def test_ctrl_c_is_told_from_what_failed(ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.commands.doctor.examine", interrupted)
    assert ends("doctor") == ExitCode.INTERRUPTED
    monkeypatch.setattr("deploy.cli.build", interrupted)
    assert ends("doctor") == ExitCode.INTERRUPTED


def test_a_code_is_named_by_its_row() -> None:
    assert [row_of(code).short for code in (ExitCode.DONE, ExitCode.UNKNOWN)] == ["done", "could not be known"]


@pytest.mark.parametrize("code", ExitCode)
def test_every_code_ends_a_command_but_done(code: ExitCode) -> None:
    if code is ExitCode.DONE:
        end_with(code)
        return
    with pytest.raises(typer.Exit) as ended:
        end_with(code)
    assert ended.value.exit_code == code


def test_a_command_may_always_end_as_every_command_may() -> None:
    assert in_order([ExitCode.DIFFERS, ExitCode.REFUSED]) == tuple(
        sorted([*ALWAYS, ExitCode.REFUSED, ExitCode.DIFFERS])
    )
    assert in_order(()) == ALWAYS
