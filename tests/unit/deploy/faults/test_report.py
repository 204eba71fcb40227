"""The table counts runs, losses and recoveries; a failure says how to play it again."""

from io import StringIO

from rich.console import Console

from deploy.faults.fault import Fault, Trial
from deploy.faults.harness import TrialOutcome
from deploy.faults.report import failures, table


def nothing(trial: Trial) -> None:
    """Strike nothing."""


def outcome(seed: int, *problems: str, lost: int = 0, recoveries: tuple[float, ...] = (1.0,)) -> TrialOutcome:
    return TrialOutcome("kill", seed, 100, 4, lost, 0, problems, ("  0.10 s  armed",), (), recoveries, 7, 9.0)


def test_one_row_per_fault_that_was_played() -> None:
    faults = [Fault("kill", "kills", 2, nothing), Fault("other", "is not played", 2, nothing)]
    outcomes = [outcome(1, recoveries=(1.0, 3.0)), outcome(2, "lost", lost=2, recoveries=(11.0,))]
    console = Console(width=120, record=True, file=StringIO())
    console.print(table(faults, outcomes))
    text = console.export_text()
    [row] = [line for line in text.splitlines() if "kill" in line]
    cells = [cell.strip() for cell in row.split("│") if cell.strip()]
    assert cells == ["kill", "1/2", "8", "200", "2", "0", "3.0 s", "11.0 s"]
    assert "other" not in text
    assert "14 times" in text


def test_a_failure_is_told_with_its_seed_its_schedule_and_the_way_back() -> None:
    lines = failures([outcome(1), outcome(7, "it is gone")], lambda fault, seed: f"play {fault} {seed}")
    text = "\n".join(lines)
    assert "seed 7" in text
    assert "play kill 7" in text
    assert "it is gone" in text
    assert "0.10 s  armed" in text
    assert "seed 1." not in text
