"""A broker and a database that a person named, asked before anything is built on them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, pool

from connectors.broker.admin import BrokerAdmin
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import NOBODY_THERE, database_url
from connectors.visible import one_line
from connectors.words import settings as words
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.problem import Problem
from deploy.settings import Settings


def ask_given_engines(settings: Settings, *, broker: bool, database: bool) -> None:
    """Ask those of the two that were given to answer. Raises `Problem`, saying which does not, why, and the remedy."""
    with silence_in_words(settings):
        if broker:
            admin = BrokerAdmin(settings.kafka_admin_login())
            try:
                admin.cluster_id()
            finally:
                admin.close()
        if database:
            # The owner's, who is first at work; a worker waits for its own and says so.
            engine = create_engine(
                database_url(_owner_url(settings)), poolclass=pool.NullPool, connect_args=NOBODY_THERE
            )
            with meaningful_errors(), engine.connect():
                pass


@contextmanager
def silence_in_words(settings: Settings) -> Iterator[None]:
    """Tell of an engine that does not answer in a sentence. Raises `Problem`."""
    try:
        yield
    except BrokerUnavailable as error:
        place, user = settings.kafka_bootstrap, settings.as_admin().kafka_user
        raise Problem(words.BROKER_SILENT.filled(place=place, user=user, why=_why(error))) from None
    except DatabaseUnavailable as error:
        shown = database_url(_owner_url(settings)).set(drivername="postgresql").render_as_string(hide_password=True)
        raise Problem(words.DATABASE_SILENT.filled(place=shown, why=_why(error))) from None


def _owner_url(settings: Settings) -> str:
    return settings.database_owner_url.get_secret_value() or settings.database_url.get_secret_value()


def _why(error: Exception) -> str:
    return one_line(str(error)).rstrip(".")
