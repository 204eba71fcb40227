"""Provinces, the registry and real logs from the terminal, on real engines with a registry in miniature."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from connectors.clock import real_now
from connectors.database.sql.engine import build_engine
from consumers.runner.records import Record
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.provinces.files import ProvinceInvalid
from deploy.provinces.generate import NORTH_KHORASAN, main
from deploy.provinces.loader import read_province
from deploy.provinces.loading import load_province
from deploy.settings import Settings
from schemas.envelope import Envelope, to_headers
from tests.kit.on_sql.registry import RegistryBus
from tests.kit.on_sql.requests import SetClock
from tests.kit.real.engines import DatabaseUrls, Engines

pytestmark = pytest.mark.integration

_TAKE = """
UPDATE outbox SET published_at = now() WHERE published_at IS NULL AND topic LIKE 'pishkhan.intake.%'
RETURNING id, topic, key, event_id, source, type, subject, time, body
"""


class Miniature:
    """Relay, broker and registry in one thread: what comes into the outbox for intake is handled at once."""

    def __init__(self, engine: Engine) -> None:
        self.bus = RegistryBus(engine, SetClock(real_now()))
        self._stop = Event()
        self._thread = Thread(target=self._work)

    def __enter__(self) -> "Miniature":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            with self.bus.engine.begin() as connection:
                rows = sorted(connection.execute(text(_TAKE)).all())
            if rows:
                self.bus.handle(*map(_record, rows))
            else:
                self.bus.sweep()


def _record(row: Any) -> Record:
    envelope = Envelope(row.event_id, row.source, row.type, row.subject, row.time)
    headers = tuple(to_headers(envelope))
    return Record(row.topic, 0, row.id, row.key.encode(), headers, bytes(row.body), real_now())


@pytest.fixture
def settings(engines: Engines, migrated_database: DatabaseUrls, tmp_path: Path) -> Settings:
    return Settings(
        data_directory=tmp_path / "data",
        kafka_bootstrap=engines.kafka_bootstrap,
        kafka_user=engines.kafka_user,
        kafka_password=SecretStr(engines.kafka_password),
        database_url=SecretStr(migrated_database.worker_url),
    )


@pytest.fixture
def miniature(settings: Settings) -> Iterator[Miniature]:
    engine = build_engine(settings.worker_database_url(), "registry in miniature")
    with Miniature(engine) as running:
        yield running
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small province of its own, split on a day."""
    path = tmp_path / "westland"
    options = ["--code", "westland", "--offices", "12", "--counties", "2", "--split", "2027-01-01"]
    main(["--out", str(path), *options])
    return path


def run(settings: Settings, *arguments: str) -> Result:
    """Run a command with `settings` in its environment."""
    return CliRunner().invoke(build(arguments[0]), list(arguments), env=settings.command_environment())


def test_loading_twice_takes_everything_once(settings: Settings, miniature: Miniature, folder: Path) -> None:
    first = run(settings, "province", "load", str(folder))
    assert first.exit_code == 0, first.output
    assert "114 claims taken. Registry revision 114." in first.output
    second = run(settings, "province", "load", str(folder))
    assert second.exit_code == 0, second.output
    assert "Nothing new: all 114 claims were known. Registry revision 114." in second.output
    assert miniature.bus.revisions() == (114, list(range(1, 115)))


def test_progress_is_told_and_two_provinces_share_a_bus(settings: Settings, miniature: Miniature, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    load_province(settings, read_province(folder), lambda decided, total: told.append((decided, total)))
    assert told[0] == (0, 114)
    assert told[-1] == (114, 114)
    beside = load_province(settings, read_province(NORTH_KHORASAN), lambda *_: None)
    # The two have the versions of one policy in common, word for word.
    assert (beside.published, beside.known_before, beside.refused) == (303, 2, ())
    assert miniature.bus.revisions()[0] == 114 + 303


def test_what_is_changed_in_place_is_shown_asked_for_and_the_next_version(
    settings: Settings, miniature: Miniature, folder: Path
) -> None:
    load_province(settings, read_province(folder), lambda *_: None)
    path = folder / "tariffs.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("amount_rial: 30000", "amount_rial: ۳۵٬۰۰۰"), encoding="utf-8"
    )
    with pytest.raises(ProvinceInvalid):
        read_province(folder)
    path.write_text(path.read_text(encoding="utf-8").replace("۳۵٬۰۰۰", "۳۵۰۰۰"), encoding="utf-8")

    shown = run(settings, "province", "load", str(folder), "--dry-run", "--lang", "fa")
    assert "۳۰٬۰۰۰ ریال ← ۳۵٬۰۰۰ ریال" in shown.output, shown.output
    shown = run(settings, "province", "load", str(folder), "--dry-run")
    assert "westland-bank-melli.balance-certificate, certificate: 30,000 rial → 35,000 rial" in shown.output
    assert "for citizens at 3 urban and 9 rural offices" in shown.output
    assert "2 claims would be published." in shown.output
    unasked = run(settings, "province", "load", str(folder))
    assert unasked.exit_code == 1
    assert miniature.bus.revisions()[0] == 114

    done = run(settings, "province", "load", str(folder), "--yes")
    assert done.exit_code == 0, done.output
    assert "2 claims taken, 112 known before. Registry revision 116." in done.output
    again = run(settings, "province", "load", str(folder))
    assert "Nothing new" in again.output
    held = run(settings, "registry", "show", "agreement", "mou-westland-bank-melli")
    assert "35000" in held.output
    assert miniature.bus.refusals() == []


def test_a_day_from_which_changes_hold_is_named_on_either_calendar(
    settings: Settings, miniature: Miniature, folder: Path
) -> None:
    load_province(settings, read_province(folder), lambda *_: None)
    path = folder / "offices.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("operator-1;operator-2", "operator-3", 1), encoding="utf-8"
    )
    done = run(settings, "province", "load", str(folder), "--yes", "--from", "۱۴۱۰/۰۱/۰۱")
    assert "from 1410/01/01 (2031-03-21 00:00), version 2:" in done.output, done.output
    assert "Nothing new" in run(settings, "province", "load", str(folder)).output
    wrong = run(settings, "province", "load", str(folder), "--from", "soon")
    assert isinstance(wrong.exception, Problem)
    assert wrong.exception.ends is ExitCode.USAGE


def test_nobody_answering_is_told_and_nothing_is_lost(settings: Settings, folder: Path) -> None:
    with pytest.raises(Problem, match=r"114 of 114 claims are published but not decided"):
        load_province(settings, read_province(folder), lambda *_: None, patience_seconds=0.3)
    engine = build_engine(settings.worker_database_url(), "late registry")
    with Miniature(engine) as late:
        result = run(settings, "province", "load", str(folder))
        assert "claims" in result.output, result.output
        assert late.bus.refusals() == []
    engine.dispose()


def test_the_registry_is_shown_as_of_times_and_revisions(
    settings: Settings, miniature: Miniature, folder: Path
) -> None:
    load_province(settings, read_province(folder), lambda *_: None)
    today = run(settings, "registry", "show", "territory", "westland", "--at", "2026-12-31T23:59")
    tomorrow = run(settings, "registry", "show", "territory", "westland", "--at", "2027-01-01")
    before = run(settings, "registry", "show", "territory", "westland", "--at", "2027-01-01", "--revision", "1")
    assert "version 1: in force from 1394/10/11" in today.output
    assert "version 2: in force from 1405/10/11 (2027-01-01 00:00)" in tomorrow.output
    assert "version 1:" in before.output
    history = run(settings, "registry", "history", "agreement", "mou-westland-gas")
    assert "signed" in history.output
    assert "active" in history.output
    unknown = run(settings, "registry", "show", "office", "nobody")
    assert isinstance(unknown.exception, Problem)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("registry", "history", "office", "nobody"), "No office is called nobody"),
        (("registry", "show", "office", "any", "--at", "soon"), "--at soon is not a time"),
    ],
)
def test_mistakes_are_told_in_words(settings: Settings, arguments: tuple[str, ...], words: str) -> None:
    result = run(settings, *arguments)
    assert isinstance(result.exception, Problem)
    assert words in str(result.exception)


def test_a_real_log_is_published_once_by_the_agencies(settings: Settings, miniature: Miniature) -> None:
    replay = NORTH_KHORASAN / "replay"
    log, mapping = str(replay / "boston_311_2011-09-26.csv.gz"), str(replay / "boston_311_2011.yaml")
    early = run(settings, "replay-log", log, "--mapping", mapping, "--at-once")
    assert isinstance(early.exception, Problem)
    assert "knows no service" in str(early.exception)

    load_province(settings, read_province(NORTH_KHORASAN), lambda *_: None)
    result = run(settings, "replay-log", log, "--mapping", mapping, "--limit", "100", "--at-once")

    assert result.exit_code == 0, result.output
    assert "100 requests published." in result.output
    assert "Monday → Saturday" in result.output
    query = text(
        "SELECT count(DISTINCT event_id), count(DISTINCT source) FROM outbox "
        "WHERE type = 'ir.pishkhan.RequestSubmitted.v1'"
    )
    with miniature.bus.engine.begin() as connection:
        events, sources = connection.execute(query).one()
    assert events == 100
    assert sources > 2
