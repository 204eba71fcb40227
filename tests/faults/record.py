"""What came of runs, kept in a file: a long series is played in parts, and its table is of all of them."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from deploy.faults.harness import Outcome


def kept(path: Path | None) -> list[Outcome]:
    """Return the outcomes that `path` holds, oldest first; none without a file."""
    if path is None or not path.exists():
        return []
    return [_outcome(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def keep(path: Path | None, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """Yield `outcomes`, each written into `path` as soon as it is known."""
    for outcome in outcomes:
        if path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
        yield outcome


def _outcome(fields: dict[str, object]) -> Outcome:
    return Outcome(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})  # type: ignore[arg-type]
