"""Check of accounts: does each worker log in as itself, or do they share what one of them could misuse."""

from collections.abc import Iterable

from deploy.operations.doctor.checks import CheckResult, Patient, good, note
from deploy.settings import KafkaSecurity, Settings
from deploy.workers.table import worker_names

_WITH_USERS = (KafkaSecurity.SASL_PLAINTEXT, KafkaSecurity.SASL_SSL)


def check_accounts(patient: Patient) -> Iterable[CheckResult]:
    """Has each worker a user of the broker and a role of the database that are its own."""
    yield from judge_accounts(patient.settings)


def judge_accounts(settings: Settings) -> Iterable[CheckResult]:
    """Say which workers share what, and that they share the administrator's user if they do."""
    names = [name for name in worker_names() if name in settings.accounts]
    with_user = [name for name in names if settings.accounts[name].kafka_user]
    with_role = [name for name in names if settings.accounts[name].database_url.get_secret_value()]
    without_user = [name for name in worker_names() if name not in with_user]
    without_role = [name for name in worker_names() if name not in with_role]
    if without_user and settings.kafka_security in _WITH_USERS:
        almighty = "" if settings.kafka_admin_user else ", who also makes topics, users and rules"
        words = f"{', '.join(without_user)} log in to the broker as {settings.kafka_user}{almighty}"
        yield note("accounts", words, _remedy(without_user[0], "KAFKA_USER and __KAFKA_PASSWORD"))
    if without_role and settings.database_url.get_secret_value():
        words = f"{', '.join(without_role)} share one role of the database"
        yield note("accounts", words, _remedy(without_role[0], "DATABASE_URL"))
    if not without_user and not without_role:
        yield good("accounts", "each worker logs in as itself, to the broker and to the database")


def _remedy(worker: str, settings: str) -> str:
    return f"give each its own, as PISHKHAN_ACCOUNTS__{worker.upper()}__{settings}"
