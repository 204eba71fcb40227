"""One batch of the logs on its way into the feeds, inside one open transaction.

Events of one subject are told in the order of their sequence, whatever the order of arrival: what came before is
skipped, what comes too early waits until the gap before it is filled. How the logs are cut into batches changes neither
what is told nor, within one partition, the order of numbers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from consumers.delivery.arrival import Arrival, read_arrival
from consumers.delivery.domain.telling import told
from consumers.delivery.domain.whom import Body, Known, learned
from consumers.delivery.entries import Entry, message_of
from consumers.delivery.ports import DeliveryStores, Progress
from consumers.in_order import InOrder, Turn
from consumers.logs import LogUnreadable
from consumers.parking import NEVER, ParkedEvent, ParkedRow, ParkReason
from schemas.feed import agency_of_feed
from schemas.partition import Place
from schemas.problems import FieldProblem

_DETAIL_LENGTH = 500
_STILL_MISSING = "events that must precede it are still missing"
_NOT_NEXT = "cannot be skipped: events that must precede it are missing; bring the log's missing part back first"
_NEW = Progress()


class BatchTally(NamedTuple):
    """What became of a batch's events. Those that nobody is told of count as handled."""

    handled: int
    duplicates: int
    parked: int
    unparked: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event whose turn has not come: parked before (then it has a row), or set aside by this batch."""

    arrival: Arrival
    row: ParkedRow | None = None

    @property
    def held(self) -> bool:
        """Whether it does not simply wait for its turn: the code failed on it before, or an operator gives it up."""
        return self.row is not None and (self.row.event.reason is ParkReason.FAILED or self.row.to_skip)


class Batch:
    """Takes arrivals one by one, then writes everything at once. After an exception, roll back and drop it."""

    def __init__(self, stores: DeliveryStores, arrivals: Sequence[Arrival]) -> None:
        """Lock what is known of the arrivals' subjects, and read once what waits for them."""
        self._stores = stores
        ordered = {arrival.key for arrival in arrivals if arrival.ordered}
        self._before = stores.subjects.progress(ordered) if ordered else {}
        self._known = {subject: progress.known for subject, progress in self._before.items()}
        self._order = InOrder[_Waiting]({subject: one.sequence for subject, one in self._before.items()})
        single = {arrival.event_id for arrival in arrivals if not arrival.ordered and arrival.is_told}
        self._seen = set(stores.subjects.seen(single)) if single else set()
        for row in stores.park.of_keys(ordered) if ordered else ():
            self._remember(row)
        self._entries: list[Entry] = []
        self._noted: list[str] = []
        self._unparked: list[int] = []
        self._skipped: list[int] = []
        self._kept: list[ParkedRow] = []
        self._handled = self._duplicates = 0
        self.told_in: set[Place] = set()

    def take(self, arrival: Arrival) -> None:
        """Tell one event, or skip it, or set it aside; then tell what waited for it."""
        if not arrival.ordered:
            self._tell_once(arrival)
            return
        match self._order.turn(arrival.key, arrival.sequence):
            case Turn.PAST:
                self._duplicates += 1
            case Turn.EARLY:
                self._order.wait(arrival.key, arrival.sequence, _Waiting(arrival))
            case Turn.NEXT:
                self._tell(arrival)
                self._tell_waiting(arrival.key)

    def retry(self, arrival: Arrival, row: ParkedRow) -> None:
        """Tell a parked event when its turn has come; it stays parked before that, and when the code fails again."""
        try:
            if not arrival.ordered:
                self._tell_once(arrival)
            elif not self._order.follows(arrival.key, arrival.sequence):
                self._kept.append(row.with_reason(ParkReason.GAP, _STILL_MISSING, NEVER))
                return
            elif arrival.sequence > self._order.last.get(arrival.key, 0):
                self._tell(arrival)
        except Exception as error:
            self._kept.append(row.with_failure(failure_detail(error)))
            return
        self._unparked.append(row.id)
        if arrival.ordered:
            self._tell_waiting(arrival.key)

    def skip(self, arrival: Arrival, row: ParkedRow) -> None:
        """Tell nobody of a parked event, and go on after it: only the next of a subject can be left out."""
        if arrival.ordered and not self._order.follows(arrival.key, arrival.sequence):
            self._kept.append(row.with_reason(ParkReason.GAP, _NOT_NEXT, NEVER))
            return
        self._skipped.append(row.id)
        if arrival.ordered:
            self._order.take(arrival.key, arrival.sequence)
            # Among those that wait it would be taken for a repetition, and its skipping for a telling.
            self._order.forget(arrival.key, arrival.sequence)
            self._tell_waiting(arrival.key)

    def write(self) -> BatchTally:
        """Write all: what is known first, the heads of the feeds as late as possible, messages last."""
        subjects, park = self._stores.subjects, self._stores.park
        after = {
            subject: Progress(last, self._known.get(subject, _NEW.known)) for subject, last in self._order.last.items()
        }
        added = {subject: one for subject, one in after.items() if subject not in self._before}
        changed = {subject: one for subject, one in after.items() if self._before.get(subject, one) != one}
        subjects.keep(added, changed)
        if self._noted:
            subjects.note(sorted(self._noted))
        parked = [_parked(event.arrival) for event in self._order.waiting() if event.row is None]
        park.park(parked)
        # What is left out was waiting, too: it goes as skipped, so that nobody reads that it was told.
        park.skip(self._skipped)
        park.remove(self._unparked)
        park.keep(self._kept)
        self._publish()
        unparked = len({*self._unparked, *self._skipped})
        return BatchTally(self._handled, self._duplicates, len(parked), unparked)

    def _publish(self) -> None:
        """Give every entry its number, in the order in which they were told, and write them."""
        if not self._entries:
            return
        feeds = self._stores.feeds
        following = dict(feeds.draw(Counter(entry.feed for entry in self._entries)))
        entries = []
        for entry in self._entries:
            entries.append(entry._replace(number=following[entry.feed]))
            following[entry.feed] += 1
        feeds.append(entries)
        agencies = {feed: code for feed in following if (code := agency_of_feed(feed)) is not None}
        topics = feeds.with_topics(agencies.values()) if agencies else ()
        spoken = ((agencies.get(entry.feed, ""), entry) for entry in entries)
        self._stores.outbox.add(message_of(code, entry) for code, entry in spoken if code in topics)

    def _tell(self, arrival: Arrival) -> None:
        if arrival.is_told:
            body = arrival.body()
            known = learned(arrival.event_type, body, self._known.get(arrival.key, _NEW.known))
            entries = list(_entries(arrival, body, known))
            self._known[arrival.key] = known
            self._entries.extend(entries)
        self._order.take(arrival.key, arrival.sequence)
        self._handled += 1
        self.told_in.add(arrival.record.place)

    def _tell_once(self, arrival: Arrival) -> None:
        if arrival.event_id in self._seen:
            self._duplicates += 1
            return
        if arrival.is_told:
            self._entries.extend(list(_entries(arrival, arrival.body(), _NEW.known)))
            self._seen.add(arrival.event_id)
            self._noted.append(arrival.event_id)
        self._handled += 1
        self.told_in.add(arrival.record.place)

    def _tell_waiting(self, subject: str) -> None:
        for sequence, event in self._order.due(subject):
            if sequence > self._order.last[subject] and (event.held or not self._told_parked(event)):
                return
            self._order.forget(subject, sequence)
            if event.row is not None:
                self._unparked.append(event.row.id)

    def _told_parked(self, event: _Waiting) -> bool:
        if event.row is None:
            self._tell(event.arrival)
            return True
        try:
            self._tell(event.arrival)
        except Exception as error:
            # The event that let it in is not at fault; this one rests from now on.
            self._kept.append(event.row.with_failure(failure_detail(error)))
            return False
        return True

    def _remember(self, row: ParkedRow) -> None:
        try:
            arrival = read_arrival(row.event.record)
        except LogUnreadable:
            return
        if arrival.ordered:
            self._order.wait(arrival.key, arrival.sequence, _Waiting(arrival, row))


def _entries(arrival: Arrival, body: Body, known: Known) -> list[Entry]:
    """Return what each feed is told of one event; the numbers are drawn at last."""
    record = arrival.record
    about = (arrival.event_id, arrival.event_type, arrival.time, arrival.subject)
    place = (record.topic, record.partition, record.position)
    return [Entry(feed, 0, *about, *place, orjson.dumps(data)) for feed, data in told(arrival.event_type, body, known)]


def failure_detail(error: Exception) -> str:
    """Return what is kept with a parked event about its failure: a stranger's message may quote somebody's values."""
    ours = isinstance(error, FieldProblem)
    return f"{type(error).__name__}: {error}"[:_DETAIL_LENGTH] if ours else type(error).__name__


def _parked(arrival: Arrival) -> ParkedEvent:
    return ParkedEvent(
        key=arrival.key,
        reason=ParkReason.GAP,
        detail=f"sequence {arrival.sequence} came before the ones that must precede it",
        record=arrival.record,
        expires_at=NEVER,
    )
