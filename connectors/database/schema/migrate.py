"""Bring a database to the newest version of the tables, as their owner; workers log in as a role that owns nothing."""

from collections.abc import Mapping
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, pool, text

from connectors.database.schema.builds import was_expanded_by_a_newer_build
from connectors.database.schema.expansion import keep_floor
from connectors.database.schema.grants import apply_grants
from connectors.database.schema.metadata import OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT
from connectors.database.schema.tables import metadata
from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.engine import database_url

#: Two processes that start together migrate one after the other.
_MIGRATION_LOCK = 7_236_001


def migrate(owner_url: str) -> None:
    """Create or change tables, outbox partitions and the worker role's privileges; doing it twice changes nothing.

    Tables that a newer build has only expanded stay as they are, and so do privileges.

    Raises:
        DatabaseUnavailable: nothing answers at `owner_url`.
        DatabaseTooNew: a newer build has changed it so that this one cannot work on it.
    """
    engine = create_engine(database_url(owner_url), poolclass=pool.NullPool)
    with meaningful_errors(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config = configuration(connection)
        newer = was_expanded_by_a_newer_build(driver_connection(connection))
        if not newer:
            command.upgrade(config, "head")
            keep_floor(connection, config)
        connection.execute(
            text("SELECT outbox_maintain(:ahead, :kept)"), {"ahead": OUTBOX_DAYS_AHEAD, "kept": OUTBOX_DAYS_KEPT}
        )
        if not newer:
            apply_grants(connection)


def drift(owner_url: str) -> list[Any]:
    """Return what a new migration would have to change, as Alembic's operations; none when tables and model agree."""
    engine = create_engine(database_url(owner_url), poolclass=pool.NullPool)
    with meaningful_errors(), engine.connect() as connection:
        options = {"include_name": belongs_to_the_model, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def belongs_to_the_model(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Say whether Alembic should compare this object: the outbox's daily partitions come and go by themselves."""
    table = name if kind == "table" else parents.get("table_name")
    return table is None or not table.startswith("outbox_")


def configuration(connection: Connection) -> Config:
    """Return what Alembic's commands need to work on an open connection."""
    config = Config()
    config.set_main_option("script_location", "connectors.database:migrations")
    config.attributes["connection"] = connection
    return config
