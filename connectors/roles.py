"""Names of the database's roles."""

#: People at the command line log in as this role, and workers that were given none of their own.
WORKER_ROLE = "pishkhan_worker"


def own_role(worker: str) -> str:
    """Return the role of one kind of worker. The policies of its rows know it by this name."""
    return f"pishkhan_{worker}"


#: The vault's role, and its database, which no other role enters.
VAULT_ROLE = "pishkhan_vault"
VAULT_DATABASE = "pishkhan_vault"

#: The owner's function that lets dead letters go, as privileges on it name it.
LET_LETTERS_GO = "let_letters_go(int, bigint, bigint, bigint, bigint, int)"
