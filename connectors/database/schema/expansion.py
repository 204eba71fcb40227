"""Which builds may work on a database: a build keeps working with one that a newer build has only expanded.

A step of the migrations expands (it adds, and every older build works on beside it) unless it says what it `contracts`:
in words, what older builds need and will not find. The newest step that contracts is the floor: whoever does not know
it is too old. It is kept as a comment on Alembic's own table, so that older builds can read it. See
docs/how-to/add-a-table.md.
"""

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_FLOOR = "the oldest build that may work on this database knows step "


class DatabaseTooNew(Exception):
    """A newer build has changed the database so that this one cannot work on it; the message says what to do."""


def was_expanded_by_a_newer_build(connection: Connection, config: Config) -> bool:
    """Say whether the database has steps that this build does not know, and may work beside.

    Raises:
        DatabaseTooNew: it may not.
    """
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    [*unknown] = set(MigrationContext.configure(connection).get_current_heads()) - known
    if not unknown:
        return False
    comment = connection.scalar(text("SELECT obj_description('alembic_version'::regclass)")) or ""
    if comment.removeprefix(_FLOOR) not in known:
        raise DatabaseTooNew(
            f"The database was changed by a newer build (step {', '.join(sorted(unknown))}), and this one cannot work "
            "on it. Start the newer build, or restore a copy of the data from before: see "
            "docs/how-to/upgrade-and-go-back.md."
        )
    return True


def keep_floor(connection: Connection, config: Config) -> None:
    """Write down, for older builds to read, which step a build must know to work on this database."""
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{_FLOOR}{floor(config)}'"))


def floor(config: Config) -> str:
    """Return the newest step that contracts; the first, when none does."""
    steps = list(ScriptDirectory.from_config(config).walk_revisions())
    return next((step.revision for step in steps if hasattr(step.module, "contracts")), steps[-1].revision)
