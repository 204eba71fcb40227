"""How much room an engine's own log has."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogRoom:
    """A file is full at `bytes_max`; `older` full ones are kept beside the newest."""

    bytes_max: int = 10_000_000
    older: int = 5


def let_oldest_go(folder: Path, pattern: str, keep: int) -> None:
    """Delete the oldest files of `folder` whose names match, by name, until `keep` are left."""
    for path in sorted(folder.glob(pattern))[:-keep]:
        path.unlink(missing_ok=True)
