"""Mistakes in settings: each is one sentence that names the setting, in both languages, before anything starts."""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from connectors.words.language import EMPTY, Language
from connectors.words.settings import TAKES
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.cli import asked_language, main
from deploy.demo.order import DayOrder
from deploy.exits import ExitCode
from deploy.mistakes import OTHERS, PREFIX
from deploy.problem import Misused, Problem
from deploy.running.up import UpOptions, Voice, running_bus
from deploy.settings import SETTINGS_FILE, Settings, given_settings, load_settings
from tests.kit.values.heard import heard_in

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
NOBODY = "127.0.0.1:1"
#: A wrong value of every setting that does not take any text.
WRONG = [
    ("KAFKA_BOOTSTRAP", "localhost"),
    ("KAFKA_BOOTSTRAP", "localhost:port"),
    ("KAFKA_BOOTSTRAP", "localhost:99999"),
    ("KAFKA_BOOTSTRAP", "kafka://localhost:9092"),
    ("KAFKA_SECURITY", "NONE"),
    ("KAFKA_MECHANISM", "SCRAM"),
    ("KAFKA_REPLICAS", "0"),
    ("KAFKA_CA_FILE", "/no/such/file"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "mysql://worker@db/pishkhan"),
    ("DATABASE_OWNER_URL", "postgresql://owner@db:port/pishkhan"),
    ("DATABASE_OWNER_URL", "postgresql://owner@db:99999/pishkhan"),
    ("ACCOUNTS", "relay"),
    ("VAULT_URL", "nonsense"),
    ("CLOCK_START", "yesterday"),
    ("CLOCK_START", "2026-11-25T07:30"),
    ("CLOCK_START", "1405-09-04T07:30+03:30"),
    ("CLOCK_REAL_START", "noon"),
    ("CLOCK_FACTOR", "fast"),
    ("CLOCK_FACTOR", "0"),
    ("CLOCK_FACTOR", "inf"),
    ("CLOCK_FACTOR", "nan"),
    ("CLOCK_BOUND_SECONDS", "inf"),
    ("DEAD_LETTER_DAYS", "0"),
    ("LOG_LEVEL", "loud"),
    ("LOG_BYTES_MAX", "1"),
    ("LOG_OLDER_FILES", "many"),
    ("METRICS_PORT", "99999"),
    ("HTTP_PORT", "99999"),
    ("HTTP_KEY_PER_SECOND", "0"),
    ("HTTP_INSECURE", "perhaps"),
    ("HTTP_CERTIFICATE", "/nowhere/cert.pem"),
    ("HTTP_CERTIFICATE_KEY", "/nowhere/key.pem"),
    ("FAILPOINT", "somewhere"),
    ("FAILPOINT", "somewhere:kill:1"),
]
ANY_TEXT = {
    "data_directory",
    "kafka_user",
    "kafka_password",
    "kafka_admin_user",
    "kafka_admin_password",
    "account",
    "routing_secret",
    "key_secret",
    # It may not be there yet.
    "vault_key_file",
    # Tried when the gateway listens there.
    "http_host",
    # Opened by the worker that it is given to.
    "log_file",
}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX) and name not in OTHERS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PISHKHAN_DATA_DIRECTORY", str(tmp_path / "data"))


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[object, list[str]]:
    """How `pishkhan` ends with these words, and the lines that it says on its error output."""
    monkeypatch.setattr(sys, "argv", ["pishkhan", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert shown.out.strip() == ""
    return ended.value.code, shown.err.splitlines()


def test_every_setting_says_what_it_takes_and_the_page_shows_it() -> None:
    assert list(TAKES) == list(Settings.model_fields)
    rows = [f"| `{PREFIX}{name.upper()}` | {takes.en} |" for name, takes in TAKES.items()]
    assert [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")] == rows


def test_a_wrong_value_of_every_setting_is_tried() -> None:
    assert {name.lower() for name, _ in WRONG} | ANY_TEXT == set(Settings.model_fields)


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda each: str(each))
def test_a_wrong_value_is_one_sentence_in_both_languages(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    for language in Language:
        code, lines = said(capsys, monkeypatch, "parked", "list", "--lang", language.value)
        assert code == ExitCode.USAGE
        assert len(lines) == 1
        assert lines[0].startswith(PREFIX + name)
        assert TAKES[name.lower()].of(language) in lines[0]


@pytest.mark.parametrize("command", ["up", "demo", "doctor", "publish", "reconcile", "worker"])
def test_every_kind_of_command_finds_it_before_it_begins(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PISHKHAN_CLOCK_START", "yesterday")
    words = {"publish": ["-"], "worker": ["relay"]}.get(command, [])
    code, lines = said(capsys, monkeypatch, command, *words)
    assert (code, len(lines)) == (ExitCode.USAGE, 1)
    assert not (tmp_path / "data").exists()


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PISHKHAN_LOG_LEVEL", "loud")
    monkeypatch.setenv("PISHKHAN_METRICS_PORT", "http")
    _, lines = said(capsys, monkeypatch, "parked", "list")
    assert [line.split()[0] for line in lines] == ["PISHKHAN_LOG_LEVEL", "PISHKHAN_METRICS_PORT"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://worker:hunter2@db/x"),
        ("DATABASE_OWNER_URL", "postgresql://worker:hunter2@db:x/x"),
        ("KAFKA_BOOTSTRAP", "bus:hunter2@broker:9092"),
        ("ACCOUNTS", '{"relay": {"kafka_password": "hunter2'),
    ],
)
def test_no_password_is_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    _, lines = said(capsys, monkeypatch, "parked", "list")
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PISHKHAN_LOG_LEVLE", "PISHKHAN_LOG_LEVEL"),
        ("PISHKHAN_KAFKA_BOOTSTRAP_SERVERS", "PISHKHAN_KAFKA_BOOTSTRAP"),
        ("PISHKHAN_ACCOUNTS__RELAYY__KAFKA_USER", "PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER"),
        ("PISHKHAN_ACCOUNTS__RELAY__KAFKA_USR", "PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER"),
        ("PISHKHAN_LANGUAGE", "PISHKHAN_LANG"),
    ],
)
def test_a_setting_that_there_is_not_names_what_was_meant(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "x")
    code, lines = said(capsys, monkeypatch, "parked", "list")
    assert (code, lines) == (ExitCode.USAGE, [f"{name} is no setting; did you mean {meant}?"])


def test_one_that_is_like_no_other_is_to_be_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISHKHAN_COLOUR_OF_THE_WALLS", "green")
    with pytest.raises(Misused, match=r"PISHKHAN_COLOUR_OF_THE_WALLS is no setting; take it out of the environment"):
        given_settings()


def test_variables_of_others_and_every_account_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OTHERS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PISHKHAN_ACCOUNTS__KPI__DATABASE_URL", "postgresql://kpi@db/pishkhan")
    monkeypatch.setenv("pishkhan_log_level", "WARNING")
    settings = given_settings()
    assert settings.accounts["kpi"].database_url.get_secret_value() == "postgresql://kpi@db/pishkhan"
    assert settings.log_level == "warning"


@pytest.mark.parametrize("text", ["{", "[]", '"x"'])
def test_a_file_of_settings_that_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(Misused, match=r"settings\.json cannot be read .*`pishkhan up --data .*` writes it anew"):
        load_settings(tmp_path)


def test_a_wrong_value_in_the_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(json.dumps({"log_level": "loud"}))
    with pytest.raises(Misused, match=rf'log_level in {tmp_path}/settings\.json is "loud", but takes one of'):
        load_settings(tmp_path)


def test_an_option_is_named_as_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = said(capsys, monkeypatch, "up", "--kafka", "nonsense")
    assert lines[0].startswith('--kafka is "nonsense", but takes HOST:PORT')
    _, lines = said(capsys, monkeypatch, "faults", "--database", "nonsense")
    assert lines[0].startswith("--database cannot be read; it takes")


@pytest.mark.parametrize("command", ["up", "demo", "doctor"])
def test_a_data_folder_that_is_a_file(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    code, lines = said(capsys, monkeypatch, command, "--data", str(tmp_path / "file"))
    assert (code, len(lines)) == (ExitCode.USAGE, 1)
    assert lines[0].startswith(f"{tmp_path}/file is no folder; give another one")


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_data_folder_that_cannot_be_written(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("deploy.commands.demo.day_order", lambda *_: DayOrder(1, (), frozenset(), ()))
    monkeypatch.setattr("deploy.commands.demo.announcement", lambda *_, **__: EMPTY)
    code, lines = said(capsys, monkeypatch, command, "--data", str(tmp_path / "file" / "below"))
    assert (code, len(lines)) == (ExitCode.USAGE, 1)
    assert f"The data folder {tmp_path}/file/below cannot be used (Not a directory)" in lines[0]


def test_ports_that_are_taken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PISHKHAN_METRICS_PORT", "9500")
    monkeypatch.setattr("deploy.running.up.port_is_free", lambda port: port != 9501)
    code, lines = said(capsys, monkeypatch, "up")
    assert (code, len(lines)) == (ExitCode.USAGE, 1)
    assert lines[0].startswith("PISHKHAN_METRICS_PORT is 9500, but port 9501 of it (worker registry) is taken")


class Silent:
    """A broker that is away."""

    def __init__(self, login: dict[str, str]) -> None:
        raise BrokerUnavailable("KafkaTimeoutError: nobody")


def away(*_: object, **__: object) -> NoReturn:
    """A database that is away."""
    raise DatabaseUnavailable("connection refused")


@pytest.mark.parametrize(
    ("kafka", "words"),
    [
        (NOBODY, rf"No broker answers at {NOBODY} to user bus"),
        (None, r"The database postgresql://owner:\*+@.* does not"),
    ],
    ids=["broker", "database"],
)
def test_engines_that_were_given_are_asked_before_it_is_said_that_they_answer(
    kafka: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PISHKHAN_METRICS_PORT", "9500")
    monkeypatch.setattr("deploy.running.up.port_is_free", lambda _: True)
    monkeypatch.setattr("deploy.running.given_engines.BrokerAdmin", Silent)
    monkeypatch.setattr("deploy.running.given_engines.create_engine", away)
    monkeypatch.setattr("deploy.engines.kafka.EmbeddedKafka.begin", lambda _: pytest.fail("an engine was started"))
    heard: list[str] = []
    database = f"postgresql://owner:hunter2@{NOBODY}/pishkhan"
    wanted = UpOptions(data_directory=tmp_path / "data", kafka=kafka, database=database)
    with pytest.raises(Problem, match=words) as told, running_bus(wanted, Voice(heard_in(heard))):
        pytest.fail("it runs")
    assert told.value.ends is ExitCode.PROBLEM
    assert "hunter2" not in str(told.value)
    assert heard == []


def test_an_engine_that_a_start_would_not_use_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PISHKHAN_KAFKA_BOOTSTRAP", "broker-1:9092")
    code, lines = said(capsys, monkeypatch, "up")
    assert (code, len(lines)) == (ExitCode.USAGE, 1)
    assert lines[0].startswith("PISHKHAN_KAFKA_BOOTSTRAP is set, but this command starts an engine of its own")
    assert "`pishkhan up --kafka ...`" in lines[0]


@pytest.mark.parametrize(
    ("words", "variable", "language"),
    [
        ([], None, Language.EN),
        (["--lang", "fa"], None, Language.FA),
        (["--lang=fa"], None, Language.FA),
        ([], "fa", Language.FA),
        (["--lang", "en"], "fa", Language.EN),
        (["--lang"], None, Language.EN),
        (["--lang", "de"], "fa", Language.EN),
    ],
)
def test_the_language_of_what_is_told(words: list[str], variable: str | None, language: Language) -> None:
    environment = {} if variable is None else {"PISHKHAN_LANG": variable}
    assert asked_language(["pishkhan", "parked", "list", *words], environment) is language


def test_a_language_that_there_is_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PISHKHAN_LANG", "de")
    code, lines = said(capsys, monkeypatch, "parked", "list")
    assert code == ExitCode.USAGE
    assert "PISHKHAN_LANG" in "".join(lines)
