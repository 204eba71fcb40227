"""Which builds may work on a database: a build keeps working with one that a newer build has only expanded.

A step of the migrations expands (it adds, and every older build works on beside it) unless it says what it `contracts`:
in words, what older builds need and will not find. The newest step that contracts is the floor: whoever does not know
it is too old. It is kept as a comment on Alembic's own table, so that older builds can read it. See
docs/how-to/add-a-table.md.
"""

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connectors.database.schema.builds import FLOOR


def keep_floor(connection: Connection, config: Config) -> None:
    """Write down, for older builds to read, which step a build must know to work on this database."""
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{FLOOR}{floor(config)}'"))


def floor(config: Config) -> str:
    """Return the newest step that contracts; the first, when none does."""
    steps = list(ScriptDirectory.from_config(config).walk_revisions())
    return next((step.revision for step in steps if hasattr(step.module, "contracts")), steps[-1].revision)
