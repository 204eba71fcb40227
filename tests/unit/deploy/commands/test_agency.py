"""What an agency is handed for its own client."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.agencies import Agencies
from deploy.cli import build
from deploy.problem import Problem
from deploy.settings import Settings, remember
from schemas.limits import PRODUCER_BATCH_BYTES


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a bus with one agency."""
    monkeypatch.delenv("PISHKHAN_KAFKA_BOOTSTRAP", raising=False)
    Agencies(tmp_path).add(["water"])
    remember(
        Settings(data_directory=tmp_path, kafka_bootstrap="broker:9092", kafka_password=SecretStr("the bus's own"))
    )
    return tmp_path


def credentials(agency: str, data: Path) -> Result:
    return CliRunner().invoke(build("agency"), ["agency", agency, "credentials", "--data", str(data)])


def test_an_agency_gets_its_own_user_and_nothing_of_the_bus(data: Path) -> None:
    shown = credentials("water", data).stdout
    password = Agencies(data).password("water")
    assert shown.splitlines()[2:] == [
        "bootstrap.servers=broker:9092",
        "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=SCRAM-SHA-256",
        "sasl.username=agency-water",
        f"sasl.password={password}",
        f"batch.size={PRODUCER_BATCH_BYTES}",
    ]
    assert "pishkhan.intake.water" in shown
    assert "pishkhan.feed.water" in shown
    assert "the bus's own" not in shown


def test_an_unknown_agency_is_told_with_those_there_are(data: Path) -> None:
    ended = credentials("gas", data)
    assert isinstance(ended.exception, Problem)
    assert str(ended.exception) == "No agency is called 'gas'. Known: water."
    assert ended.stdout == ""
