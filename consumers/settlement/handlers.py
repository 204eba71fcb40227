"""Settlement's handler: batches of the requests' log go into the ledger; operators' decisions on parked events too."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog

from consumers.failures import failure_detail
from consumers.in_turn import keep_failed, park_failed, take_up
from consumers.parking import ParkReason
from consumers.runner.outcomes import Outcome
from consumers.runner.ports import Telemetry
from consumers.runner.records import Record
from consumers.settlement.arrival import read_arrival
from consumers.settlement.batch import Batch
from consumers.settlement.ports import SettlementStores
from consumers.sweeping import do_divided
from schemas.partition import Place

CONSUMER = "settlement"
#: How much one sweep takes on, so that a batch never waits long behind it.
SWEEP_MAX = 500
#: Nothing here expires: a gap is filled by the log's repair, a failure rests in real time.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class SettlementHandler:
    """Implements `consumers.runner.ports.Handler` over `SettlementStores`; holds no state between batches."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def handle(self, stores: SettlementStores, records: Sequence[Record]) -> Collection[Place]:
        """Enter a batch. Raises on a record that cannot be read or decoded: the runner finds and parks it."""
        arrivals = [read_arrival(record) for record in records]
        batch = Batch(stores, arrivals)
        for arrival in arrivals:
            batch.turns.take(arrival)
        tally = batch.write()
        self._telemetry.count(Outcome.HANDLED, tally.handled)
        self._telemetry.count(Outcome.DUPLICATE, tally.duplicates)
        self._telemetry.count(Outcome.PARKED, tally.parked, ParkReason.GAP)
        if batch.recognized:
            structlog.get_logger(CONSUMER).warning(
                "these events were entered or given up, and the rows that count them were lost: they are counted anew",
                events=batch.recognized,
            )
        return batch.turns.done_in

    def park_failed(self, stores: SettlementStores, record: Record, error: Exception) -> None:
        """Park one record, to be tried again; later events of its subject wait behind the gap that it leaves."""
        park_failed(stores.park, self._telemetry, _key(record), record, failure_detail(error))

    def sweep(self, stores: SettlementStores) -> int:
        """Try again what failed and has rested, and carry out operators' decisions; return how many left the park."""
        keys = stores.park.due_keys(_NO_TIME, SWEEP_MAX)
        # What is read after the locks stays true: the owner of a partition, or another sweep, may be at it now.
        stores.ledger.open({row.event.record.partition for row in stores.park.of_keys(keys)})
        enter = partial(take_up, stores.park, read=read_arrival, batch_of=partial(Batch, stores))
        set_aside = partial(keep_failed, stores.park, self._telemetry, CONSUMER, "request_id")
        return do_divided(keys, stores.attempt, enter, set_aside) or 0


def _key(record: Record) -> str:
    place = f"{record.topic}/{record.partition}/{record.position}"
    return place if record.key is None else record.key.decode(errors="replace").replace("\0", "")
