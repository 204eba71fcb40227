"""The stores of one transaction of the requests consumer, and the smaller ones among them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from connectors.database.parking.park import ParkedStore
from connectors.database.publication.outbox import OutboxStore
from connectors.database.requests.office_positions import PositionStore
from connectors.database.requests.requests import RequestStore
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.runner.intake import ClaimLedger
from connectors.database.schema.tables import act
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import attempt, driver_connection
from consumers.intake import IntakeReader
from consumers.requests.domain.acts import ActKey
from consumers.requests.handlers import CONSUMER
from consumers.requests.ports import RequestStores
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    PolicyVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)

#: Both in one: every batch asks for them.
_HEAD = "SELECT revision, clock_timestamp() FROM registry_head WHERE id = 1"
_SINCE = "SELECT kind, body::text FROM registry_version WHERE revision > %s ORDER BY revision"
_READ_TO = "SELECT topic || '/' || partition, max(next_position) FROM consumer_offset WHERE consumer = %s GROUP BY 1"
_KNOWN_ACTS = """
SELECT kind, act_id, content FROM act
WHERE (kind, act_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
#: The registry's kinds, by the field that holds the version.
_ENTRIES: Mapping[str, type[RegistryEntry]] = {
    "service": ServiceVersioned,
    "office": OfficeVersioned,
    "agreement": AgreementVersioned,
    "policy": PolicyVersioned,
    "calendar": CalendarVersioned,
    "territory": TerritoryVersioned,
}


class RegistryReader:
    """Implements `consumers.requests.ports.Registry` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_connection(connection)

    def head_and_time(self) -> tuple[int, datetime]:
        """Return the newest revision, and the database's time."""
        row = self._driver.execute(_HEAD, binary=True).fetchone()
        assert row is not None, "the first migration makes this row"
        revision, now = row
        return revision, now

    def since(self, revision: int) -> list[RegistryEntry]:
        """Return the entries after `revision`, in order."""
        rows = self._driver.execute(_SINCE, (revision,), binary=True)
        return [_ENTRIES[kind].model_validate_json(body) for kind, body in rows]

    def positions(self) -> dict[str, int]:
        """Return how far the registry has read each intake partition, keyed `<topic>/<partition>`."""
        return dict(self._driver.execute(_READ_TO, (IntakeReader.REGISTRY.value,), binary=True).fetchall())


class ActStore:
    """Implements `consumers.requests.ports.Acts` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, keys: Collection[ActKey]) -> dict[ActKey, str]:
        """Return the content of those of `keys` that happened."""
        columns: Sequence[list[str]] = [[key.kind for key in keys], [key.act_id for key in keys]]
        rows = driver_connection(self._connection).execute(_KNOWN_ACTS, columns, binary=True)
        return {ActKey(kind, act_id): content for kind, act_id, content in rows}

    def record(self, acts: Mapping[ActKey, str]) -> None:
        """Keep acts. Raises `Collision` when another worker was first with one of them."""
        copy_rows(
            self._connection,
            act,
            ("kind", "act_id", "content"),
            [(key.kind, key.act_id, content) for key, content in sorted(acts.items())],
        )


def request_stores(connection: Connection) -> RequestStores:
    """Return all stores of the requests consumer on one connection."""
    return RequestStores(
        claims=ClaimLedger(connection),
        requests=RequestStore(connection),
        positions=PositionStore(connection),
        registry=RegistryReader(connection),
        acts=ActStore(connection),
        park=ParkedStore(connection, CONSUMER),
        dead_letters=DeadLetterStore(connection),
        outbox=OutboxStore(connection),
        attempt=partial(attempt, connection),
    )
