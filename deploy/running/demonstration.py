"""What marks a data folder as a demonstration's, and when it has become more than that.

A demonstration's folder may be emptied for the next one, for nobody put anything into it. As soon as a bus was run on
it for a person (`pishkhan up`), or a person said something to it, it may hold work: then nothing is deleted unasked.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from connectors.words import settings as words
from deploy.engines.hold import LOCK_FILE, own_command
from deploy.engines.kept import write_private
from deploy.problem import Misused, Problem
from deploy.settings import SETTINGS_FILE

#: The file that marks the folder. It is written before anything else is, and kept while the folder is emptied.
MARKER = "demonstration"


def refuse_strange(directory: Path) -> None:
    """Raise Problem for a folder that holds anything and was not made by a demonstration. Touches nothing."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise Misused(words.NO_FOLDER.filled(folder=str(directory)))
    # The lock, and a mark that is being written, are what another demonstration begins with.
    names = {name for name in os.listdir(directory) if name != LOCK_FILE and not name.startswith(f".{MARKER}.")}
    if names and MARKER not in names:
        raise Problem(words.NOT_A_DEMONSTRATIONS.filled(folder=str(directory)))


def used_by(directory: Path) -> str | None:
    """Return what made a demonstration's folder more than that, and when; none if nothing did."""
    marker = directory / MARKER
    if not marker.exists():
        return None
    text = marker.read_text(encoding="utf-8")
    if text:
        used = json.loads(text).get("used_by")
        return None if used is None else str(used)
    # Earlier versions left the marker empty. Theirs have the demonstration's clock as long as no other bus ran there.
    settings = directory / SETTINGS_FILE
    if not settings.exists() or "clock_start" in json.loads(settings.read_text(encoding="utf-8")):
        return None
    return "`pishkhan up`, of an earlier version"


def mark(directory: Path) -> None:
    """Make `directory` a demonstration's that nobody has used."""
    write_private(directory / MARKER, json.dumps({}) + "\n")


def note_use(directory: Path) -> None:
    """Note that this process's command makes a demonstration's folder more than that; nothing for any other folder."""
    if (directory / MARKER).exists() and used_by(directory) is None:
        used = f"`{own_command()}` at {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        write_private(directory / MARKER, json.dumps({"used_by": used}) + "\n")
