"""How much room an engine's own log has."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogRoom:
    """A file is full at `bytes_max`; `older` full ones are kept beside the newest."""

    bytes_max: int = 10_000_000
    older: int = 5


def turn_over(log: Path, room: LogRoom) -> None:
    """Begin a log anew when it is full, and keep the full one as `log.1`, the one before it as `log.2`, and so on.

    For a program that cannot rotate its log itself and has it open for appending. What it writes between the copy and
    the cut is lost. Harmless while there is no log. Raises `OSError`; then the log only becomes longer.
    """
    if not log.exists() or log.stat().st_size < room.bytes_max:
        return
    older = [log.with_name(f"{log.name}.{number}") for number in range(1, room.older + 1)]
    for after, before in zip(reversed(older), reversed(older[:-1]), strict=False):
        if before.exists():
            before.replace(after)
    if older:
        shutil.copyfile(log, older[0])
    os.truncate(log, 0)


def let_oldest_go(folder: Path, pattern: str, keep: int) -> None:
    """Delete the oldest files of `folder` whose names match, by name, until `keep` are left."""
    for path in sorted(folder.glob(pattern))[:-keep]:
        path.unlink(missing_ok=True)
