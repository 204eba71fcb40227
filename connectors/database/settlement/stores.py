"""Settlement's stores on one connection."""

from functools import partial

from sqlalchemy import Connection

from connectors.database.parking.park import ParkedStore
from connectors.database.publication.outbox import OutboxStore
from connectors.database.settlement.ledger import LedgerStore, LoadsStore
from connectors.database.settlement.windows import WindowStore
from connectors.database.sql.driver import attempt
from consumers.settlement.handlers import CONSUMER
from consumers.settlement.ports import SettlementStores


def settlement_stores(connection: Connection) -> SettlementStores:
    """Return the stores that a settlement worker's transactions are given."""
    return SettlementStores(
        ledger=LedgerStore(connection),
        windows=WindowStore(connection),
        loads=LoadsStore(connection),
        outbox=OutboxStore(connection),
        park=ParkedStore(connection, CONSUMER),
        attempt=partial(attempt, connection),
    )
