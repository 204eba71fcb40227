"""Settlement's handler: batches of the requests' log go into the ledger; operators' decisions on parked events too."""

from collections.abc import Sequence
from datetime import UTC, datetime

from consumers.parking import NEVER, OperatorAction, ParkedEvent, ParkedRow, ParkReason
from consumers.runner.ports import Meanwhile, Outcome, Record, Telemetry
from consumers.settlement.arrival import LogUnreadable, read_arrival
from consumers.settlement.batch import Batch, failure_detail
from consumers.settlement.ports import SettlementStores

CONSUMER = "settlement"
_DECISIONS_AT_ONCE = 100
_NOT_NEXT = "cannot be skipped: events that must precede it are missing; bring the log's missing part back first"
#: Nothing here expires: a gap is filled by the log's repair, a failure is decided by a person.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class SettlementHandler:
    """Implements `consumers.runner.ports.Handler` over `SettlementStores`; holds no state between batches.

    `read_on` reads the next records while the database works on a batch's rows.
    """

    def __init__(self, telemetry: Telemetry, read_on: Meanwhile | None = None) -> None:
        self._telemetry = telemetry
        self._read_on = read_on

    def handle(self, stores: SettlementStores, records: Sequence[Record]) -> None:
        """Enter a batch. Raises on a record that cannot be read or decoded: the runner finds and parks it."""
        arrivals = [read_arrival(record) for record in records]
        batch = Batch(stores, arrivals)
        for arrival in arrivals:
            batch.take(arrival)
        tally = batch.write(self._read_on)
        self._telemetry.count(Outcome.HANDLED, tally.handled)
        self._telemetry.count(Outcome.DUPLICATE, tally.duplicates)
        self._telemetry.count(Outcome.PARKED, tally.parked, ParkReason.GAP)

    def park_failed(self, stores: SettlementStores, record: Record, error: Exception) -> None:
        """Park one record until an operator decides; later events of its subject wait behind the gap that it leaves."""
        stores.park.park([ParkedEvent(_key(record), ParkReason.FAILED, failure_detail(error), record, NEVER)])
        self._telemetry.count(Outcome.PARKED, reason=ParkReason.FAILED)

    def sweep(self, stores: SettlementStores) -> int:
        """Carry out operators' decisions on parked events; return how many left the park by them."""
        keys = stores.park.due_keys(_NO_TIME, _DECISIONS_AT_ONCE)
        if not keys:
            return 0
        return sum(_carry_out(stores, row) for row in stores.park.of_keys(keys) if row.action is not None)


def _carry_out(stores: SettlementStores, row: ParkedRow) -> bool:
    """Skip one event or try it again, under its partition's lock, so that the partition's owner waits meanwhile."""
    try:
        arrival = read_arrival(row.event.record)
    except LogUnreadable as error:
        if row.action is OperatorAction.SKIP:
            stores.park.remove([row.id])
            return True
        stores.park.change(row.id, ParkReason.FAILED, failure_detail(error), NEVER)
        return False
    batch = Batch(stores, [arrival])
    try:
        if row.action is OperatorAction.SKIP:
            if not batch.skip(arrival, row.id):
                stores.park.change(row.id, ParkReason.GAP, _NOT_NEXT, NEVER)
                return False
        elif not batch.retry(arrival, row.id):
            stores.park.change(row.id, ParkReason.GAP, "events that must precede it are still missing", NEVER)
            return False
    except Exception as error:
        # Nothing was written yet: what fails here is the event itself, or one behind it, as it failed before.
        stores.park.change(row.id, ParkReason.FAILED, failure_detail(error), NEVER)
        return False
    batch.write()
    return True


def _key(record: Record) -> str:
    place = f"{record.topic}/{record.partition}/{record.position}"
    return place if record.key is None else record.key.decode(errors="replace").replace("\0", "")
