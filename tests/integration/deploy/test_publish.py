"""`pishkhan publish`: good lines go to the outbox whole, each bad line is told, and the exit code says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from deploy.agencies import Agencies
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Problem
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration


def line(event_id: str, **changes: Any) -> str:
    data = {"request_id": "0197a1b2-0000-7000-8000-000000000001", "service": "bill", "origin": "agency", "city": "a"}
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/agencies/water",
        "type": "ir.pishkhan.RequestSubmitted.v1",
        "data": data,
    }
    return json.dumps({**event, **changes})


@pytest.fixture
def invoke(database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", database.worker_url)
    monkeypatch.setenv("PISHKHAN_DATA_DIRECTORY", str(tmp_path))
    Agencies(tmp_path).add(["water"])

    def run(*arguments: str, standard_input: str | None = None) -> Result:
        # Nobody relays here, so the broker is not waited for.
        return CliRunner().invoke(build("publish"), ["publish", "--wait", "0", *arguments], input=standard_input)

    return run


def published(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT event_id FROM outbox ORDER BY id")).scalars())


def test_a_file_is_published_in_its_order(invoke: Any, engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("".join(f"{line(f'e-{number}')}\n" for number in range(1_200)), encoding="utf-8")
    result = invoke(str(file))
    assert result.exit_code == 0
    assert "1,200 published, 0 refused" in result.stdout
    assert published(engine) == [f"e-{number}" for number in range(1_200)]


def test_bad_lines_are_told_and_the_good_ones_around_them_are_published(invoke: Any, engine: Engine) -> None:
    lines = [line("e-1"), "nonsense", line("e-2", sequence="4"), "", line("e-3", type="ir.pishkhan.X.v1"), line("e-4")]
    result = invoke("-", standard_input="\n".join(lines))
    assert result.exit_code == ExitCode.REFUSED
    assert "2 published, 3 refused" in result.stdout
    told = [text for text in result.stderr.splitlines() if text.startswith("line ")]
    assert [text.split(":")[0:2] for text in told] == [
        ["line 2", " line"],
        ["line 3", " sequence"],
        ["line 5", " type"],
    ]
    assert published(engine) == ["e-1", "e-4"]


def test_an_agency_without_a_topic_is_refused_and_the_others_are_published(invoke: Any, engine: Engine) -> None:
    lines = [line("e-1"), line("e-2", source="/agencies/nosuch"), line("e-3")]
    result = invoke("-", standard_input="\n".join(lines))
    assert result.exit_code == ExitCode.REFUSED
    assert "2 published, 1 refused" in result.stdout
    assert "line 2: source: no agency is called nosuch; known are water" in result.stderr
    assert published(engine) == ["e-1", "e-3"]


def test_a_file_that_is_not_there_is_said_so(invoke: Any) -> None:
    assert isinstance(invoke("nowhere.ndjson").exception, Problem)


def test_a_database_that_is_away_is_said_with_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = CliRunner().invoke(build("publish"), ["publish", "-"], input=line("e-1"))
    assert isinstance(result.exception, Problem)
    assert "line 1" in str(result.exception)
