"""What a series of runs came to: one table, the figures, and for each failure its seed and how to play it again."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.edge import Grid, Screen
from deploy.faults.fault import Fault
from deploy.faults.harness import Harness, TrialOutcome

#: Plays one run and returns its result.
Player = Callable[[Harness, Fault, int], TrialOutcome]


def hush() -> None:
    """Silence the clients' libraries: a broker that is away makes them complain at every attempt to reach it."""
    for library in ("librdkafka", "kafka"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


@contextmanager
def series(console: Screen, runs: int) -> Iterator[Player]:
    """Give what plays the runs of a series: a bar shows what is done now, and each run is told as it ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=runs)

        def play(harness: Harness, fault: Fault, seed: int) -> TrialOutcome:
            outcome = harness.play(fault, seed, lambda stage: bar.update(task, description=stage))
            bar.advance(task)
            console.print(told(outcome), highlight=False, soft_wrap=True)
            return outcome

        yield play


def conclude(
    console: Screen, faults: Sequence[Fault], outcomes: Sequence[TrialOutcome], again: Callable[[str, int], str]
) -> bool:
    """Print table, figures, and each failure with the command that plays it again; return whether all passed."""
    console.print(table(faults, outcomes))
    for line in [*figures(outcomes), *failures(outcomes, again)]:
        console.print(line, highlight=False, soft_wrap=True)
    return all(outcome.passed for outcome in outcomes)


def table(faults: Sequence[Fault], outcomes: Sequence[TrialOutcome]) -> Grid:
    """Return one row per fault that was played."""
    looks = sum(outcome.looks for outcome in outcomes)
    caption = f"Exposure, reservation and cap of every office were compared {looks:,} times meanwhile."
    shown = Grid(title="Faults", caption=caption, title_justify="left", caption_justify="left")
    shown.add_column("fault", no_wrap=True)
    for name in ("passed", "blows", "claims", "lost", "doubled", "recovery p50", "max"):
        shown.add_column(name, justify="right")
    for fault in faults:
        own = [outcome for outcome in outcomes if outcome.fault == fault.name]
        if own:
            shown.add_row(fault.name, *_figures(own))
    return shown


def _figures(own: Sequence[TrialOutcome]) -> list[str]:
    recoveries = [seconds for outcome in own for seconds in outcome.recoveries]
    return [
        f"{sum(outcome.passed for outcome in own)}/{len(own)}",
        f"{sum(outcome.blows for outcome in own):,}",
        f"{sum(outcome.said for outcome in own):,}",
        str(sum(outcome.lost for outcome in own)),
        str(sum(outcome.doubled for outcome in own)),
        f"{median(recoveries):.1f} s" if recoveries else "",
        f"{max(recoveries):.1f} s" if recoveries else "",
    ]


def told(outcome: TrialOutcome) -> str:
    """Return one line for a run that has ended."""
    verdict = "passed" if outcome.passed else f"FAILED: {outcome.problems[0]}"
    return f"{outcome.fault} seed {outcome.seed}: {verdict} ({outcome.said} claims, {outcome.seconds:.0f} s)"


def figures(outcomes: Sequence[TrialOutcome]) -> list[str]:
    """Return what single runs measured beside the common figures."""
    return [f"{outcome.fault}: {figure}" for outcome in outcomes for figure in outcome.figures]


def failures(outcomes: Sequence[TrialOutcome], again: Callable[[str, int], str]) -> list[str]:
    """Return, for each run that failed, what is wrong, what was done when, and the command that plays it again."""
    lines = []
    for outcome in outcomes:
        if not outcome.passed:
            lines += ["", f"{outcome.fault} failed with seed {outcome.seed}. Play it again with:"]
            lines += [f"  {again(outcome.fault, outcome.seed)}"]
            lines += [f"  {line}" for line in (*outcome.problems, "what was done:", *outcome.schedule)]
    return lines
