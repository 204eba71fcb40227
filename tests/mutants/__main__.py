"""Put every mutant into a copy of the tree, and see that each of its tests fails: `python -m tests.mutants`.

Tests of the real PostgreSQL start it themselves. Before any mutant, all tests must pass in the copy.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]


class Ended(IntEnum):
    """How pytest ends, as far as it matters."""

    PASSED = 0
    FAILED = 1


def main(arguments: list[str]) -> int:
    """Return 0 when every mutant is killed by each of its tests."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name holds this text")
    parser.add_argument("--no-engines", action="store_true", help="leave out tests that need the real PostgreSQL")
    chosen = parser.parse_args(arguments)
    cases = [
        (mutant, test)
        for mutant in MUTANTS
        for test in mutant.tests
        if chosen.only in mutant.name and not (chosen.no_engines and needs_engines(test))
    ]
    console = Console()
    with tempfile.TemporaryDirectory(prefix="pishkhan-mutants-") as folder:
        copy = Path(folder) / "tree"
        copy_tree(copy)
        ended, output = run(copy, sorted({test for _, test in cases}))
        if ended is not Ended.PASSED:
            console.print(output, markup=False, highlight=False)
            console.print("Some of these tests do not even pass without a mutant.")
            return 1
        survivors = kill(copy, cases, console)
    for mutant, test in survivors:
        console.print(f"survived: {mutant.name} ({mutant.path}): {test} does not fail", markup=False)
    console.print(f"{len(cases) - len(survivors)} of {len(cases)} tests fail with their mutant, as they must.")
    return 1 if survivors else 0


def needs_engines(test: str) -> bool:
    """Say whether a test needs the real PostgreSQL."""
    return test.endswith("[sql]") or test.startswith("tests/integration/")


def kill(copy: Path, cases: Sequence[tuple[Mutant, str]], console: Console) -> list[tuple[Mutant, str]]:
    """Run each test with its mutant alone; return those that did not fail."""
    survivors = []
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(cases))
        for mutant, test in cases:
            progress.update(task, description=mutant.name)
            path = copy / mutant.path
            before = path.read_text(encoding="utf-8")
            path.write_text(before.replace(mutant.old, mutant.new), encoding="utf-8")
            ended, _ = run(copy, [test])
            path.write_text(before, encoding="utf-8")
            if ended is not Ended.FAILED:
                survivors.append((mutant, test))
            progress.advance(task)
    return survivors


def copy_tree(copy: Path) -> None:
    """Copy every file that git knows, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def run(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests in the copy, whose code comes before what is installed; return how that ended, and its output."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    ended = subprocess.run(command, cwd=copy, capture_output=True, check=False, text=True)
    try:
        return Ended(ended.returncode), ended.stdout + ended.stderr
    except ValueError:
        # Neither passed nor failed: the test was not found, or could not be collected.
        return ended.returncode, ended.stdout + ended.stderr


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
