"""Delivery's handler: batches of the bus's logs go into the feeds; operators' decisions on parked events, too."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial

from consumers.delivery.arrival import place_key, read_arrival
from consumers.delivery.batch import Batch
from consumers.delivery.ports import DeliveryStores
from consumers.failures import failure_detail
from consumers.in_turn import keep_failed, park_failed, take_up
from consumers.logs import LogUnreadable
from consumers.parking import ParkReason
from consumers.runner.outcomes import Outcome
from consumers.runner.ports import Telemetry
from consumers.runner.records import Record
from consumers.sweeping import do_divided
from schemas.partition import Place
from schemas.topics import LOG_LETTERS, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

CONSUMER = "delivery"
#: What is told: every log of the bus. Figures are measured from them, and are nobody's news.
TOPICS = (LOG_REGISTRY.name, LOG_REQUESTS.name, LOG_SETTLEMENT.name, LOG_LETTERS.name)
#: How much one sweep takes on, so that a batch never waits long behind it.
SWEEP_MAX = 500
#: Nothing here expires: a gap is filled by the log's repair, a failure rests in real time.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class DeliveryHandler:
    """Implements `consumers.runner.ports.Handler` over `DeliveryStores`; holds no state between batches."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def handle(self, stores: DeliveryStores, records: Sequence[Record]) -> Collection[Place]:
        """Tell a batch. Raises on a record that cannot be read: the runner finds and parks it."""
        arrivals = [read_arrival(record) for record in records]
        batch = Batch(stores, arrivals)
        for arrival in arrivals:
            batch.turns.take(arrival)
        tally = batch.write()
        self._telemetry.count(Outcome.HANDLED, tally.handled)
        self._telemetry.count(Outcome.DUPLICATE, tally.duplicates)
        self._telemetry.count(Outcome.PARKED, tally.parked, ParkReason.GAP)
        return batch.turns.done_in

    def park_failed(self, stores: DeliveryStores, record: Record, error: Exception) -> None:
        """Park one record, to be tried again; later events of its subject wait behind the gap that it leaves."""
        park_failed(stores.park, self._telemetry, _key(record), record, failure_detail(error))

    def sweep(self, stores: DeliveryStores) -> int:
        """Try again what failed and has rested, and carry out operators' decisions; return how many left the park."""
        keys = stores.park.due_keys(_NO_TIME, SWEEP_MAX)
        set_aside = partial(keep_failed, stores.park, self._telemetry, CONSUMER, "subject")
        return do_divided(keys, stores.attempt, partial(_take_up, stores), set_aside) or 0


def _take_up(stores: DeliveryStores, keys: Sequence[str]) -> int:
    """Tell or skip what is due of `keys`, in the order of parking."""
    # What is read after the locks stays true: the owner of a partition, or another sweep, may be at it now.
    stores.subjects.progress({key for key in keys if "/" not in key})
    return take_up(stores.park, keys, read_arrival, partial(Batch, stores))


def _key(record: Record) -> str:
    """Return under which key a record waits: that of its subject, or its place where none can be read."""
    try:
        return read_arrival(record).key
    except LogUnreadable:
        return place_key(record)
