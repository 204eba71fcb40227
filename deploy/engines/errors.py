"""What can go wrong with an embedded engine, each with its remedy in the message."""

from pathlib import Path

from deploy.problem import Problem


class EngineFailed(Problem):
    """An embedded engine did not start or did not answer. The message ends with the last lines of its own log."""


class JarsUnavailable(Problem):
    """The broker's jars could not be fetched, or a fetched one is not the locked one."""


class AlreadyRunning(Problem):
    """Another process holds this data directory."""


def log_tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message; an empty text when there is no log yet."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
