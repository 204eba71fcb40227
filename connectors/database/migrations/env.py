"""What Alembic runs around the steps: the caller's own connection and transaction, and this project's tables."""

from alembic import context

from connectors.database.schema.migrate import belongs_to_the_model
from connectors.database.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=belongs_to_the_model,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
