"""A few runs of the table of faults, from fixed seeds, on engines of their own; `make faults` plays all of them."""

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
