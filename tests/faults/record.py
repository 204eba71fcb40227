"""What came of runs, kept in a file: a long series is played in parts, and its table is of all of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import TypeAdapter

from deploy.faults.harness import TrialOutcome

_LINE = TypeAdapter(TrialOutcome)


def kept(path: Path | None) -> list[TrialOutcome]:
    """Return the outcomes that `path` holds, oldest first; none without a file."""
    if path is None or not path.exists():
        return []
    return [_LINE.validate_json(line) for line in path.read_bytes().splitlines()]


def keep(path: Path | None, outcomes: Iterable[TrialOutcome]) -> Iterator[TrialOutcome]:
    """Yield `outcomes`, each written into `path` as soon as it is known."""
    for outcome in outcomes:
        if path is not None:
            with path.open("ab") as file:
                file.write(_LINE.dump_json(outcome) + b"\n")
        yield outcome
