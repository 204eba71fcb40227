"""The registry's stores on one connection."""

from functools import partial

from sqlalchemy import Connection

from connectors.database.dead_letters import DeadLetterStore
from connectors.database.driver import attempt
from connectors.database.intake import ClaimLedger
from connectors.database.outbox import OutboxStore
from connectors.database.parked import ParkedStore
from connectors.database.registry import OfficeLimits, RegistryStore
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
