"""Roles and their privileges in the database. They own nothing, and nobody rewrites the ledger.

Each worker's role has what its row in `connectors/accounts.py` says. People's commands have a wider one, declared here;
an operator may also let all workers use that one, and gives it a password where one is needed.
"""

import re
from collections.abc import Mapping

from sqlalchemy import Connection, text

from connectors.accounts import ACCOUNTS, ALL_ROWS, APPEND, CHANGE, READ, Account
from connectors.database.schema.tables import metadata
from connectors.roles import LET_LETTERS_GO, WORKER_ROLE

#: What the wide role may do. Tables not listed here may be changed, but not deleted from.
_EXCEPTIONS = {
    # Facts: they may be added to, never rewritten.
    "ledger_transfer": APPEND,
    "ledger_account": APPEND,
    "settlement_window": APPEND,
    "window_cut": APPEND,
    "registry_version": APPEND,
    "intake_event": APPEND,
    "dead_letter": APPEND,
    "reconciliation_verdict": APPEND,
    # What administrators did, and were refused.
    "audit_row": APPEND,
    # A key stays what it was given as; it is used, ends or is revoked.
    "api_key": f"{APPEND}, UPDATE (ends_at, revoked_at, revoked_by, last_used_at)",
    "delivery_event": APPEND,
    # A number is given once, to one event; what is told of it may be derived anew.
    "feed_entry": f"{APPEND}, UPDATE (data)",
    # Who decided what and why stays; workers add what became of it.
    "park_decision": f"{APPEND}, UPDATE (outcome, ended_at)",
    # What was set aside and why stays; a person's decision is added once.
    "set_aside_row": f"{APPEND}, UPDATE (action, decided_by, why, decided_at)",
    # Kept by the outbox's trigger; a repair notes what it put back.
    "removed_row": f"{READ}, UPDATE (put_back_at)",
    # Kept by the function that lets the outbox's old days go.
    "publication_horizon": READ,
    # Kept by the function that lets dead letters go.
    "dead_letter_let_go": READ,
    # What was said first under a key stays the first.
    "gateway_identity": APPEND,
    # Rows that go when their time is over.
    "worker": ALL_ROWS,
    "parked_event": ALL_ROWS,
    "kpi_out_of_date": ALL_ROWS,
}

_ALL_BUT = re.compile(r"\(all but (\w+)\)")


def apply_grants(connection: Connection) -> None:
    """Make roles that are missing and set the privileges of each exactly; run as the tables' owner.

    An owner who may make no roles gives privileges to those that somebody else has made.
    """
    unknown = _EXCEPTIONS.keys() - metadata.tables.keys()
    assert not unknown, f"privileges are declared for tables that do not exist: {sorted(unknown)}"
    wide = {name: _EXCEPTIONS.get(name, CHANGE) for name in metadata.tables}
    for account in ACCOUNTS:
        if _has_role(connection, account):
            tables = wide if account.tables is None else account.tables
            _set_privileges(connection, account.database_role, tables)
            for function in account.functions:
                connection.execute(text(f"GRANT EXECUTE ON FUNCTION {function} TO {account.database_role}"))
    _grant_temporary_tables(connection)
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WORKER_ROLE}"))
    connection.execute(text("REVOKE ALL ON FUNCTION outbox_maintain(int, int) FROM PUBLIC"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION outbox_maintain(int, int) TO {WORKER_ROLE}"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION {LET_LETTERS_GO} TO {WORKER_ROLE}"))
    connection.execute(text(f"GRANT EXECUTE ON FUNCTION end_frozen_owners() TO {WORKER_ROLE}"))


def _has_role(connection: Connection, account: Account) -> bool:
    """Say whether the account's role is there; make it if it is not and we may, or if nothing works without it."""
    role = account.database_role
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
    may = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    if known is None:
        if role != WORKER_ROLE and not connection.execute(text(may)).scalar():
            return False
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        # So that the owner can end a backend of it that is frozen.
        connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    return True


def _set_privileges(connection: Connection, role: str, tables: Mapping[str, str]) -> None:
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"))
    for name, privileges in tables.items():
        connection.execute(text(f"GRANT {_with_columns(privileges, name)} ON {name} TO {role}"))
    connection.execute(text(f"GRANT {READ} ON alembic_version TO {role}"))


def _with_columns(privileges: str, table: str) -> str:
    """Return `privileges` with the names of all columns but one where they say `(all but COLUMN)`."""
    return _ALL_BUT.sub(lambda found: _others(table, found[1]), privileges)


def _others(table: str, column: str) -> str:
    names = metadata.tables[table].columns.keys()
    assert column in names, f"{table} has no column {column}"
    return f"({', '.join(name for name in names if name != column)})"


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
