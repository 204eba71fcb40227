"""Delivery's handler: batches of the bus's logs go into the feeds; operators' decisions on parked events, too."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog

from consumers.delivery.arrival import Arrival, place_key, read_arrival
from consumers.delivery.batch import Batch, failure_detail
from consumers.delivery.ports import DeliveryStores
from consumers.failures import place_of
from consumers.logs import LogUnreadable
from consumers.parking import ParkedRow, ParkReason, failed_event, is_parked
from consumers.runner.outcomes import Outcome, Setback
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
            batch.take(arrival)
        tally = batch.write()
        self._telemetry.count(Outcome.HANDLED, tally.handled)
        self._telemetry.count(Outcome.DUPLICATE, tally.duplicates)
        self._telemetry.count(Outcome.PARKED, tally.parked, ParkReason.GAP)
        return batch.told_in

    def park_failed(self, stores: DeliveryStores, record: Record, error: Exception) -> None:
        """Park one record, to be tried again; later events of its subject wait behind the gap that it leaves."""
        key = _key(record)
        if is_parked(record, stores.park.of_keys([key])):
            self._telemetry.count(Outcome.DUPLICATE)
        else:
            stores.park.park([failed_event(key, failure_detail(error), record)])
            self._telemetry.count(Outcome.PARKED, reason=ParkReason.FAILED)

    def sweep(self, stores: DeliveryStores) -> int:
        """Try again what failed and has rested, and carry out operators' decisions; return how many left the park."""
        keys = stores.park.due_keys(_NO_TIME, SWEEP_MAX)
        take_up, set_aside = partial(_take_up, stores), partial(self._set_aside, stores)
        return do_divided(keys, stores.attempt, take_up, set_aside) or 0

    def _set_aside(self, stores: DeliveryStores, key: str, error: Exception) -> None:
        """Keep as failed what was due of one key, because it cannot even be written."""
        rows = [row for row in stores.park.of_keys([key]) if row.to_try or row.to_skip]
        stores.park.keep([row.with_failure(failure_detail(error)) for row in rows])
        self._telemetry.rolled_back(Setback.HANDLER_FAILED)
        structlog.get_logger(CONSUMER).error(
            "set aside: the sweep fails on it", subject=key, error=type(error).__name__, where=place_of(error)
        )


def _take_up(stores: DeliveryStores, keys: Sequence[str]) -> int:
    """Tell or skip what is due of `keys`, in the order of parking."""
    # What is read after the locks stays true: the owner of a partition, or another sweep, may be at it now.
    stores.subjects.progress({key for key in keys if "/" not in key})
    due: list[tuple[Arrival, ParkedRow]] = []
    broken: list[tuple[LogUnreadable, ParkedRow]] = []
    for row in stores.park.of_keys(keys):
        if row.to_try or row.to_skip:
            try:
                due.append((read_arrival(row.event.record), row))
            except LogUnreadable as error:
                broken.append((error, row))
    skipped = [row.id for _, row in broken if row.to_skip]
    stores.park.skip(skipped)
    stores.park.keep([row.with_failure(failure_detail(error)) for error, row in broken if not row.to_skip])
    batch = Batch(stores, [arrival for arrival, _ in due])
    for arrival, row in due:
        if row.to_skip:
            batch.skip(arrival, row)
        else:
            batch.retry(arrival, row)
    return batch.write().unparked + len(skipped)


def _key(record: Record) -> str:
    """Return under which key a record waits: that of its subject, or its place where none can be read."""
    try:
        return read_arrival(record).key
    except LogUnreadable:
        return place_key(record)
