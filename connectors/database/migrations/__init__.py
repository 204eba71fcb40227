"""The database's history: one module per step in `versions/`, run by `connectors.database.schema.migrate`."""
