"""What workers may do: the one declared table of privileges. They own nothing, and nobody rewrites the ledger."""

from sqlalchemy import Connection, text

from connectors.database.tables import metadata

#: Workers, and people at the command line, log in as this role. An operator gives it a password where one is needed.
WORKER_ROLE = "pishkhan_worker"

_READ = "SELECT"
_APPEND = "SELECT, INSERT"
_CHANGE = "SELECT, INSERT, UPDATE"
_ALL_ROWS = "SELECT, INSERT, UPDATE, DELETE"

#: Tables not listed here may be changed, but not deleted from.
_EXCEPTIONS = {
    # Facts: they may be added to, never rewritten.
    "ledger_transfer": _APPEND,
    "ledger_account": _APPEND,
    "settlement_window": _APPEND,
    "window_cut": _APPEND,
    "registry_version": _APPEND,
    "intake_event": _APPEND,
    "dead_letter": _APPEND,
    # Who decided what and why stays; workers add what became of it.
    "park_decision": f"{_APPEND}, UPDATE (outcome, ended_at)",
    # What was set aside and why stays; a person's decision is added once.
    "set_aside_row": f"{_APPEND}, UPDATE (action, decided_by, why, decided_at)",
    # Kept by the outbox's trigger; a repair notes what it put back.
    "removed_row": f"{_READ}, UPDATE (put_back_at)",
    # Kept by the function that lets the outbox's old days go.
    "publication_horizon": _READ,
    # Rows that go when their time is over.
    "worker": _ALL_ROWS,
    "parked_event": _ALL_ROWS,
    "kpi_out_of_date": _ALL_ROWS,
}


def apply_grants(connection: Connection) -> None:
    """Make the worker role if it is missing and set its privileges exactly; run as the tables' owner."""
    unknown = _EXCEPTIONS.keys() - metadata.tables.keys()
    assert not unknown, f"privileges are declared for tables that do not exist: {sorted(unknown)}"
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": WORKER_ROLE}).scalar()
    if known is None:
        connection.execute(text(f"CREATE ROLE {WORKER_ROLE} LOGIN"))
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {WORKER_ROLE}"))
    for name in metadata.tables:
        privileges = _EXCEPTIONS.get(name, _CHANGE)
        connection.execute(text(f"GRANT {privileges} ON {name} TO {WORKER_ROLE}"))
    connection.execute(text(f"GRANT {_READ} ON alembic_version TO {WORKER_ROLE}"))
    _grant_temporary_tables(connection)
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WORKER_ROLE}"))
    connection.execute(text("REVOKE ALL ON FUNCTION outbox_maintain(int, int) FROM PUBLIC"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION outbox_maintain(int, int) TO {WORKER_ROLE}"))


def _grant_temporary_tables(connection: Connection) -> None:
    """Let the role sort what it compares in tables of its own session (`pishkhan reconcile`); they hold nobody up.

    An owner of tables who does not own the database cannot grant it; then the command says who can.
    """
    connection.execute(
        text(
            "DO $$ BEGIN "
            "IF has_database_privilege(current_database(), 'TEMPORARY WITH GRANT OPTION') THEN "
            f"EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {WORKER_ROLE}', current_database()); "
            "END IF; END $$"
        )
    )
