"""What a bus needs before its workers start. A module of its own, so that no worker carries what migrates tables."""

from collections.abc import Callable

from connectors.database.schema.builds import DatabaseTooNew
from connectors.database.schema.migrate import migrate
from connectors.words.language import Phrase
from connectors.words.running import PREPARED
from deploy.accounts import provision_accounts
from deploy.agencies import provision
from deploy.problem import Problem
from deploy.settings import Settings


def prepare(settings: Settings, report: Callable[[Phrase], None]) -> None:
    """Bring tables, topics, users and rights up to what this version declares; harmless when repeated.

    Raises `BrokerUnavailable`, `DatabaseUnavailable`, and `Problem` for a missing setting and for a database that a
    newer build has changed.
    """
    try:
        migrate(settings.owner_database_url())
    except DatabaseTooNew as newer:
        raise Problem(newer.words) from None
    made = provision(settings)
    provision_accounts(settings)
    report(PREPARED.filled(topics=len(made)))
