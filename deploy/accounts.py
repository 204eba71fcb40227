"""Credentials of accounts: made once for the embedded engines, given for others, and made known to the broker."""

from collections.abc import Mapping

from pydantic import SecretStr

from connectors.accounts import ACCOUNTS, account
from connectors.broker.admin import BrokerAdmin
from deploy.engines.kept import Kept
from deploy.engines.postgres import EmbeddedPostgres
from deploy.settings import AccountLogin, Settings

#: The account of people's commands.
OPERATOR = "operator"


def kafka_logins(kept: Kept) -> dict[str, AccountLogin]:
    """Return every account's user on the embedded broker, with a password that is kept."""
    return {
        row.name: AccountLogin(
            kafka_user=row.kafka_user, kafka_password=SecretStr(kept.secret(f"kafka_{row.kafka_user}"))
        )
        for row in ACCOUNTS
    }


def database_logins(postgres: EmbeddedPostgres) -> dict[str, AccountLogin]:
    """Return every account's role on the embedded database."""
    return {row.name: AccountLogin(database_url=SecretStr(postgres.url(row.database_role))) for row in ACCOUNTS}


def joined(*several: Mapping[str, AccountLogin]) -> dict[str, AccountLogin]:
    """Return the accounts of all, each with what any of them says of it; what comes later goes before."""
    together: dict[str, AccountLogin] = {}
    for logins in several:
        for name, login in logins.items():
            known = together.get(name, AccountLogin())
            together[name] = known.model_copy(update=login.model_dump(exclude_defaults=True))
    return together


def provision_accounts(settings: Settings) -> None:
    """Make the users of given accounts on the broker, and set their rules exactly; harmless when repeated.

    Raises `BrokerUnavailable`.
    """
    logins = {name: login for name, login in settings.accounts.items() if login.kafka_user}
    if not logins:
        return
    admin = BrokerAdmin(settings.kafka_admin_login())
    try:
        admin.ensure_users({login.kafka_user: login.kafka_password.get_secret_value() for login in logins.values()})
        for name, login in logins.items():
            admin.ensure_exact_rights(account(name), login.kafka_user)
    finally:
        admin.close()
