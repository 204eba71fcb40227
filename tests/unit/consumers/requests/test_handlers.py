"""Acts that wait are tried, and let go, each by itself."""

from consumers.parking import OperatorAction, ParkReason
from consumers.requests.handlers import RequestsHandler
from schemas.intake_directorate import OfficePaid
from schemas.log_requests import ClaimRefused
from tests.memory.park import MemoryParkOperator
from tests.memory.positions import BusSession
from tests.memory.requests import request_stores
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryTelemetry
from tests.requests_bus import DIRECTORATE, SetClock, SetEnds, claim_record


def test_of_two_failed_acts_only_the_one_that_is_decided_on_leaves_the_park() -> None:
    tables = BusDatabase()
    session = BusSession(tables)
    handler = RequestsHandler(lambda request_id, attempt: b"seed", SetClock(), MemoryTelemetry(), SetEnds())
    for number in (1, 2):
        paid = OfficePaid(office="office-1", amount_rial=5_000, reference=f"bank-{number}")
        with session.transaction() as transaction:
            stores = request_stores(transaction, tables)
            handler.park_failed(stores, claim_record(DIRECTORATE, paid, event_id=f"paid-{number}"), ZeroDivisionError())
    with session.transaction() as transaction:
        MemoryParkOperator(transaction, tables).decide([1], OperatorAction.REDRIVE)
    with session.transaction() as transaction:
        assert handler.sweep(request_stores(transaction, tables)) == 1
    logged = [ClaimRefused.model_validate_json(row.message.body) for row in tables.outbox.rows.values()]
    assert [event.claim_id for event in logged] == ["paid-1"], "nobody knows the office"
    assert [(number, row.event.reason) for number, row in tables.parked.rows.items()] == [(2, ParkReason.FAILED)]
