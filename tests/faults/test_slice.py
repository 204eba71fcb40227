"""A few runs of the table of faults, from fixed seeds, on engines of their own; `make faults` plays all of them."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy.faults.fault import Fault, Trial
from deploy.faults.harness import Harness
from deploy.faults.invariants import examine
from deploy.faults.journal import Journal
from deploy.faults.report import failures
from deploy.faults.visits import VisitKind
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


def calm(trial: Trial) -> None:
    with trial.load():
        trial.pause(2.0)


def test_the_questions_at_quiet_find_what_is_lost_doubled_and_wrong(harness: Harness) -> None:
    bus = harness.bus
    outcome = harness.play(Fault("calm", "nothing is broken", 1, calm), 1)
    assert outcome.passed, outcome.problems
    journal = Journal(harness.journals / "calm-1.ndjson")
    entries = [entry for entry in journal.entries() if entry.acknowledged]
    journal.close()
    assert examine(bus, entries).problems == []

    cash = next(entry for entry in entries if entry.kind is VisitKind.CASH)
    found = examine(bus, [*entries, replace(cash, event_id="00000000-0000-4000-8000-000000000000")])
    assert any("is nowhere" in problem for problem in found.problems)
    assert (found.lost, found.doubled) == (1, 0)

    cheaper = [replace(entry, kind=VisitKind.CHOSEN) if entry.kind is VisitKind.CASH else entry for entry in entries]
    found = examine(bus, cheaper)
    assert found.lost
    assert found.doubled
    assert any("the ledger has" in problem for problem in found.problems)

    honest = [replace(entry, kind=VisitKind.FORGED) if entry.kind is VisitKind.ROUTED else entry for entry in entries]
    assert any("a forged claim came through" in problem for problem in examine(bus, honest).problems)

    page = bus.follower.shadow.pages[0]
    kept, page.chain = page.chain, replace(page.chain, count=page.chain.count + 1)
    assert any("another digest" in problem for problem in examine(bus, entries).problems)
    page.chain = kept


def command(harness: Harness, *words: str) -> tuple[int, str]:
    """Run `pishkhan faults` on the bus, whose workers are others' to it, with nobody to be asked; return what it says.

    The bus is known to it as anybody's cluster is: by two options and the environment.
    """
    settings = harness.bus.settings
    where = ["--kafka", settings.kafka_bootstrap, "--database", settings.worker_database_url()]
    environment = settings.model_copy(update={"kafka_bootstrap": ""}).command_environment()
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
