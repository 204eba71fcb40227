"""A few runs of the table of faults, from fixed seeds, on engines of their own; `make faults` plays all of them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.faults.harness import Harness
from deploy.faults.report import failures
from tests.faults.stages import own_bus
from tests.faults.table import TABLE

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

#: Seeds under which a run is short: what a worker waits for comes at once.
SLICE = {"relay": 3, "disorder": 1, "poison": 1, "database": 1, "zombie": 45}
FAULTS = {fault.name: fault for fault, _ in TABLE}


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("faults")
    with own_bus(folder / "bus") as bus:
        yield Harness(bus, folder / "journals")


@pytest.mark.parametrize(("name", "seed"), SLICE.items())
def test_nothing_is_lost_and_nothing_doubled(harness: Harness, name: str, seed: int) -> None:
    outcome = harness.play(FAULTS[name], seed)
    again = failures([outcome], lambda fault, played: f"python -m tests.faults --fault {fault} --seed {played}")
    assert outcome.passed, "\n".join(again)
    assert outcome.said > 0
    assert outcome.blows > 0


def command(harness: Harness, *words: str) -> tuple[int, str]:
    """Run `pishkhan faults` on the bus, whose workers are others' to it, with nobody to be asked; return what it says.

    The bus is known to it as anybody's cluster is: by two options and the environment.
    """
    settings = harness.bus.settings
    where = ["--kafka", settings.kafka_bootstrap, "--database", settings.worker_database_url()]
    environment = settings.model_copy(update={"kafka_bootstrap": ""}).worker_environment()
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "faults", *where, *words],
        env={name: value for name, value in environment.items() if name != "PISHKHAN_DATABASE_URL"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_on_a_bus_of_somebodys_own_nothing_is_done_without_consent(harness: Harness) -> None:
    before = harness.bus.look.lag(), harness.bus.look.count("SELECT count(*) FROM intake_event")
    code, said = command(harness, "--fault", "poison")
    assert code == 1
    assert "Nothing was done" in said
    assert "1 registry, 1 relay, 1 requests, 1 settlement" in said
    assert (harness.bus.look.lag(), harness.bus.look.count("SELECT count(*) FROM intake_event")) == before


def test_on_a_bus_of_somebodys_own_it_plays_beside_the_workers_that_are_there(harness: Harness) -> None:
    there = {member.name for member in harness.bus.crew.living()}
    code, said = command(harness, "--fault", "poison", "--yes")
    assert code == 0, said
    assert "poison seed 1: passed" in said
    assert "1/1" in said
    assert {member.name for member in harness.bus.crew.living()} == there
    code, said = command(harness, "--fault", "relay", "--yes")
    assert code == 1
    assert "stop them first" in said
