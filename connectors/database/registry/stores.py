"""The registry's stores on one connection."""

from functools import partial

from sqlalchemy import Connection

from connectors.database.parking.park import ParkedStore
from connectors.database.publication.outbox import OutboxStore
from connectors.database.registry.entries import OfficeLimits, RegistryStore
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.runner.intake import ClaimLedger
from connectors.database.sql.driver import attempt
from consumers.registry.handlers import CONSUMER
from consumers.registry.ports import RegistryStores


def registry_stores(connection: Connection) -> RegistryStores:
    """Return the stores that a registry worker's transactions are given."""
    return RegistryStores(
        claims=ClaimLedger(connection),
        versions=RegistryStore(connection),
        limits=OfficeLimits(connection),
        park=ParkedStore(connection, CONSUMER),
        dead_letters=DeadLetterStore(connection),
        outbox=OutboxStore(connection),
        attempt=partial(attempt, connection),
    )
