"""Whether this build may work on a database, without Alembic: workers and commands ask it before anything else.

A build works on beside what a newer one has only added. What it may not work on, `expansion.py` writes down.
"""

import re
from pathlib import Path
from typing import Any

from psycopg import Connection, errors

from connectors.words.builds import TOO_NEW
from connectors.words.language import Language

#: How the comment on Alembic's own table begins that says which step a build must know.
FLOOR = "the oldest build that may work on this database knows step "
_STEP = re.compile(r"_(\d{4})\.py")
_THERE = "SELECT to_regclass('alembic_version')"
_STEPS = "SELECT version_num FROM alembic_version"
_COMMENT = "SELECT obj_description('alembic_version'::regclass)"


class DatabaseTooNew(Exception):
    """A newer build has changed the database so that this one cannot work on it; the message says what to do."""

    def __init__(self, steps: str) -> None:
        self.words = TOO_NEW.filled(steps=steps)
        super().__init__(self.words.of(Language.EN))


def known_steps() -> frozenset[str]:
    """Return the steps of this build's migrations, by the names of their files."""
    folder = Path(__file__).parent.parent / "migrations" / "versions"
    return frozenset(found[1] for path in folder.iterdir() if (found := _STEP.search(path.name)))


def was_expanded_by_a_newer_build(connection: Connection[Any]) -> bool:
    """Say whether the database has steps that this build does not know, and may work beside.

    Raises:
        DatabaseTooNew: it may not.
    """
    known = known_steps()
    unknown = _steps(connection) - known
    if not unknown:
        return False
    row = connection.execute(_COMMENT).fetchone()
    if row is None or str(row[0]).removeprefix(FLOOR) not in known:
        raise DatabaseTooNew(", ".join(sorted(unknown)))
    return True


def _steps(connection: Connection[Any]) -> frozenset[str]:
    """Return the newest steps of the database; none where no build has been, or where we may not ask."""
    if connection.execute(_THERE).fetchone() in (None, (None,)):
        return frozenset()
    try:
        with connection.transaction():
            return frozenset(str(step) for (step,) in connection.execute(_STEPS))
    except errors.InsufficientPrivilege:
        return frozenset()
