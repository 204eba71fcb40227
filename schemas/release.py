"""Released schemas: what outsiders were given, and whether the present models still keep that promise.

An event may grow (a new optional field, a wider bound, one more value of an enumeration). Whatever breaks a writer who
follows the released schema is a new event of the next major version, beside the old one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.compatibility import compare
from schemas.export import closed, opened

RELEASED_FOLDER = Path(__file__).parent / "released"


@dataclass(frozen=True, slots=True)
class Review:
    """The present schemas against the released ones, by file name; `broken` says why, per field."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    broken: Mapping[str, tuple[str, ...]]


def load_released(folder: Path = RELEASED_FOLDER) -> dict[str, Any]:
    """Return the released schemas of `folder` by file name; empty when there is none yet."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def review(released: Mapping[str, Any], current: Mapping[str, Any]) -> Review:
    """Compare every present schema with its released one."""
    gone = ("the event is gone; released events stay",)
    broken: dict[str, tuple[str, ...]] = {name: gone for name in released if name not in current}
    for name in released.keys() & current.keys():
        problems = breaking_changes(released[name], current[name])
        if problems:
            broken[name] = problems
    return Review(
        added=tuple(sorted(current.keys() - released.keys())),
        changed=tuple(sorted(name for name in released.keys() & current.keys() if released[name] != current[name])),
        broken=dict(sorted(broken.items())),
    )


def breaking_changes(old: Any, new: Any) -> tuple[str, ...]:
    """Return what a strict writer of `old` may send that a tolerant reader of `new` refuses or no longer reads.

    Writers are strict, so that `old` is taken closed; readers tolerate unknown fields, so that `new` is taken open.
    """
    verdict = compare(opened(new), closed(old), keep_fields=True)
    return (*verdict.problems, *(f"cannot be judged: {each}" for each in verdict.unknown))
