"""`make faults`: every fault of the table so often as it says, and one table of what came of it."""

import argparse
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from deploy.edge import Screen
from deploy.faults.fault import Fault
from deploy.faults.harness import Harness, TrialOutcome
from deploy.faults.report import Player, conclude, hush, series
from deploy.interrupts import interrupted_by_signals
from tests.faults.privileges import NotPermitted
from tests.faults.record import keep, kept
from tests.faults.table import STAGES, TABLE, Stage


def main() -> int:
    """Parse the command line, play, print the table; return 1 when any run failed."""
    chosen = _arguments()
    hush()
    console = Screen(highlight=False, soft_wrap=True)
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="pishkhan-faults-"))
    stages = _runs(chosen)
    outcomes: list[TrialOutcome] = []
    left_out: list[str] = []
    # Who ends us must not leave mounts and networks behind.
    with interrupted_by_signals(), series(console, sum(map(len, stages.values()))) as play:
        for stage, runs in stages.items():
            try:
                for outcome in keep(chosen.series, _outcomes(folder / stage, stage, runs, play)):
                    outcomes.append(outcome)
            except NotPermitted as reason:
                left_out.append(f"{', '.join(dict.fromkeys(fault.name for fault, _ in runs))}: {reason}")
    passed = conclude(console, [fault for fault, _ in TABLE], kept(chosen.series) or outcomes, _again)
    for line in left_out:
        console.print(f"Not played, for this machine does not permit it: {line}")
    # Who is root, as CI is, plays everything.
    passed = passed and not (left_out and os.environ.get("CI"))
    if passed and not chosen.folder:
        shutil.rmtree(folder)
    else:
        console.print(f"Journals and logs are in {folder}", soft_wrap=True)
    return int(not passed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    names = [fault.name for fault, _ in TABLE]
    parser.add_argument("--fault", choices=names, nargs="*", default=names, help="some of the faults")
    parser.add_argument("--seed", type=int, nargs="*", help="play runs with these seeds")
    parser.add_argument("--runs", type=int, help="so many runs of each, instead of what the table says")
    parser.add_argument("--series", type=Path, help="go on with the series in this file: play what is not in it yet")
    parser.add_argument("--folder", type=Path, help="keep journals and logs in this folder")
    return parser.parse_args()


def _runs(chosen: argparse.Namespace) -> dict[Stage, list[tuple[Fault, int]]]:
    """Return what is to be played on each stage, in the order of the table."""
    runs: dict[Stage, list[tuple[Fault, int]]] = defaultdict(list)
    played = {(outcome.fault, outcome.seed) for outcome in kept(chosen.series)}
    for fault, stage in TABLE:
        if fault.name in chosen.fault:
            seeds = chosen.seed or range(1, (chosen.runs or fault.runs) + 1)
            runs[stage] += [(fault, seed) for seed in seeds if (fault.name, seed) not in played]
    return runs


def _outcomes(folder: Path, stage: Stage, runs: Sequence[tuple[Fault, int]], play: Player) -> Iterator[TrialOutcome]:
    """Play `runs` one after another on one bus; a bus on which one failed is not used again."""
    with ExitStack() as stack:
        harness: Harness | None = None
        for number, (fault, seed) in enumerate(runs, start=1):
            if harness is None:
                bus = stack.enter_context(STAGES[stage](folder / f"bus-{number}"))
                harness = Harness(bus, folder / f"bus-{number}" / "journals")
            outcome = play(harness, fault, seed)
            yield outcome
            if not outcome.passed:
                harness = None
                stack.close()


def _again(fault: str, seed: int) -> str:
    return f"python -m tests.faults --fault {fault} --seed {seed}"


if __name__ == "__main__":
    sys.exit(main())
