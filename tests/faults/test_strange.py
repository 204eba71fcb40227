"""Every strange kind once, on a bus of its own; no times are asked for. `make faults` measures."""

from pathlib import Path

import pytest

from deploy.faults.fault import Fault
from deploy.faults.harness import Harness
from deploy.faults.report import failures
from tests.faults.strange.play import strange_bus, strange_untimed
from tests.faults.strange.table import KINDS


def test_the_table_declares_forty_kinds_and_each_once() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names) >= 40
    assert any(kind.halts for kind in KINDS)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_each_strange_record_has_its_declared_end_while_others_work(tmp_path: Path) -> None:
    with strange_bus(tmp_path / "bus") as bus:
        outcome = Harness(bus, tmp_path / "journals").play(Fault("strange", "each kind once", 1, strange_untimed), 1)
    again = failures([outcome], lambda fault, seed: f"python -m tests.faults --fault {fault} --seed {seed}")
    assert outcome.passed, "\n".join(again)
    assert outcome.said > 0
