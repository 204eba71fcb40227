"""Thousands of stories, with a progress bar: `python -m tests.simulator --schedules 5000 --seed 1`.

They are told in portions, each from a seed of its own, so that a story that ends badly is soon told again.
"""

import argparse
import sys

import structlog
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.stateful import run_state_machine_as_test
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulator.machine import Stories

PORTION = 200


def main(arguments: list[str]) -> int:
    """Tell the stories; return 1 when one ends badly, after telling the shortest one like it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--schedules", type=int, default=5_000, help="how many stories to tell")
    parser.add_argument("--steps", type=int, default=50, help="how much may happen in each")
    parser.add_argument("--seed", type=int, default=1, help="of the first portion; the next ones count on from it")
    chosen = parser.parse_args(arguments)
    # Workers log every setback, and the stories are made of them.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("stories", total=chosen.schedules)
        for number, first in enumerate(range(0, chosen.schedules, PORTION)):
            portion = min(PORTION, chosen.schedules - first)
            failure = told_badly(chosen.seed + number, portion, chosen.steps)
            if failure is not None:
                progress.stop()
                console.print(failure, markup=False, highlight=False)
                again = f"make simulate SEED={chosen.seed + number} SCHEDULES={portion} STEPS={chosen.steps}"
                console.print(f"It is told again by: {again}", markup=False)
                return 1
            progress.advance(task, portion)
    console.print(f"{chosen.schedules} stories, and nothing was lost or doubled in any of them.")
    return 0


def told_badly(number: int, schedules: int, steps: int) -> str | None:
    """Tell one portion; return the shortest story that ends badly, or none when all end well."""
    told = settings(
        max_examples=schedules,
        stateful_step_count=steps,
        database=InMemoryExampleDatabase(),
        deadline=None,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    story = ending_of(number, told)
    # One run shortens a story so many times and no more; the next one goes on where it stopped.
    while story is not None:
        shorter = ending_of(number, settings(told, phases=(Phase.reuse, Phase.shrink)))
        if shorter is None or len(shorter.splitlines()) >= len(story.splitlines()):
            break
        story = shorter
    return story


def ending_of(number: int, told: settings) -> str | None:
    """Run the state machine once; return the story that it failed with, or none."""
    try:
        run_state_machine_as_test(seed(number)(Stories), settings=told)
    except AssertionError as failure:
        return str(failure)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
