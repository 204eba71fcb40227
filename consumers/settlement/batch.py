"""One batch of the requests' log on its way into the ledger, inside one open transaction.

Events of one subject are entered in the order of their sequence, whatever the order of arrival: what came before is
skipped, what comes too early waits until the gap before it is filled. How the log is cut into batches changes nothing
of what is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from consumers.in_order import InOrder, Turn
from consumers.jalali import month_of
from consumers.logs import LogUnreadable
from consumers.parking import NEVER, ParkedEvent, ParkedRow, ParkReason
from consumers.runner.errors import Standstill
from consumers.runner.outcomes import Setback
from consumers.settlement.announce import Announcement, messages_of
from consumers.settlement.arrival import DISPUTE, Arrival, read_arrival
from consumers.settlement.closing import close_passed_windows
from consumers.settlement.domain.booking import transaction_id_of
from consumers.settlement.domain.fold import books, fold
from consumers.settlement.domain.page import Page, balance_changes
from consumers.settlement.ports import LedgerEnd, OfficeChange, Opened, SettlementStores, merged
from schemas.decode import encode
from schemas.log_requests import DisputeMarked, WindowMarked
from schemas.partition import Place
from schemas.problems import FieldProblem
from schemas.topics import LOG_REQUESTS

_DETAIL_LENGTH = 500
_STILL_MISSING = "events that must precede it are still missing"
_NOT_NEXT = "cannot be skipped: events that must precede it are missing; bring the log's missing part back first"


class BatchTally(NamedTuple):
    """What became of a batch's events."""

    handled: int
    duplicates: int
    parked: int
    unparked: int
    #: Of the duplicates, those that only the ledger knew, or an operator's decision: the row that counts its subject's
    #: events was lost.
    recognized: int = 0


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that is not entered yet: parked before (then it has a row) or set aside by this batch."""

    arrival: Arrival
    row: ParkedRow | None = None

    @property
    def held(self) -> bool:
        """Whether it does not simply wait for its turn: the code failed on it before, or an operator gives it up."""
        return self.row is not None and (self.row.event.reason is ParkReason.FAILED or self.row.to_skip)


class Batch:
    """Takes arrivals one by one, then writes everything at once. After an exception, roll back and drop it."""

    def __init__(self, stores: SettlementStores, arrivals: Sequence[Arrival]) -> None:
        """Lock the arrivals' partitions and read, once each, what is known of their subjects.

        Raises `Standstill` where the ledger's rows do not end where the page would go on.
        """
        self._stores = stores
        opened = stores.ledger.open({arrival.record.partition for arrival in arrivals})
        _check_ends(opened, stores.ledger.ends(opened))
        self._pages = {number: Page(number, *state) for number, state in opened.items()}
        subjects = {arrival.subject for arrival in arrivals if arrival.subject is not None}
        self._before = stores.ledger.progress(subjects)
        self._order = InOrder[WaitingEvent](self._before)
        for row in stores.park.of_keys({arrival.key for arrival in arrivals}):
            self._remember(row)
        coming = [
            arrival
            for arrival in (*arrivals, *(event.arrival for event in self._order.waiting()))
            if arrival.sequence > self._before.get(arrival.key, 0)
        ]
        self._transactions = {
            arrival.event_id: transaction_id_of(arrival.event_id) for arrival in coming if books(arrival.event_type)
        }
        ids = self._transactions.values()
        # Progress alone may be lost: what the ledger has is never entered again, nor what an operator gave up.
        self._in_ledger = stores.ledger.entered(set(ids)) if ids else frozenset()
        self._given_up = stores.park.given_up({arrival.event_id for arrival in coming}) if coming else frozenset()
        self._announcements: list[Announcement] = []
        self._offices: list[OfficeChange] = []
        self._disputes: dict[UUID, tuple[bool, datetime]] = {}
        self._unparked: list[int] = []
        self._skipped: list[int] = []
        self._kept: list[ParkedRow] = []
        self._handled = self._duplicates = self._recognized = 0
        self.entered_in: set[Place] = set()

    def take(self, arrival: Arrival) -> None:
        """Enter one event, or skip it, or set it aside; then enter what waited for it."""
        subject = arrival.subject
        if subject is None:
            self._mark(arrival)
            return
        match self._order.turn(subject, arrival.sequence):
            case Turn.PAST:
                self._duplicates += 1
            case Turn.EARLY:
                self._order.wait(subject, arrival.sequence, WaitingEvent(arrival))
            case Turn.NEXT:
                self._enter(arrival, subject)
                self._enter_waiting(subject)

    def retry(self, arrival: Arrival, row: ParkedRow) -> None:
        """Enter a parked event when its turn has come; it stays parked before that, and when the code fails again."""
        subject = arrival.subject
        try:
            if subject is None:
                self._mark(arrival)
            elif not self._order.follows(subject, arrival.sequence):
                self._kept.append(row.with_reason(ParkReason.GAP, _STILL_MISSING, NEVER))
                return
            elif arrival.sequence > self._order.last.get(subject, 0):
                self._enter(arrival, subject)
        except Exception as error:
            self._kept.append(row.with_failure(failure_detail(error)))
            return
        self._unparked.append(row.id)
        if subject is not None:
            self._enter_waiting(subject)

    def skip(self, arrival: Arrival, row: ParkedRow) -> None:
        """Leave a parked event out of the ledger, and continue after it.

        Only the next event of a subject can be left out: leaving out one behind a gap would make the missing ones, when
        they come at last, look like repetitions, and their money would be lost without a word.
        """
        subject = arrival.subject
        if subject is not None and not self._order.follows(subject, arrival.sequence):
            self._kept.append(row.with_reason(ParkReason.GAP, _NOT_NEXT, NEVER))
            return
        self._skipped.append(row.id)
        if subject is not None:
            self._order.take(subject, arrival.sequence)
            # Among those that wait it would be taken for a repetition, and its skipping for an entry.
            self._order.forget(subject, arrival.sequence)
            self._enter_waiting(subject)

    def write(self) -> BatchTally:
        """Write all: rows first, the offices' positions as late as possible, messages last."""
        ledger, park = self._stores.ledger, self._stores.park
        rows = [row for page in self._pages.values() for row in page.rows]
        packed = [row for page in self._pages.values() for row in page.packed]
        ledger.append(rows, packed, balance_changes(rows))
        self._keep_progress()
        moved = [page for page in self._pages.values() if page.rows or page.marks]
        ledger.keep_pages({page.partition: Opened(page.chain, page.window) for page in moved})
        ledger.mark_disputes(self._disputes)
        parked = self._set_aside()
        park.park(parked)
        # What is left out was waiting, too: it goes as skipped, so that nobody reads that it was entered.
        park.skip(self._skipped)
        park.remove(self._unparked)
        park.keep(self._kept)
        marks = [mark for page in self._pages.values() for mark in page.marks]
        closings = close_passed_windows(self._stores.windows, marks)
        revision = self._stores.loads.move(merged(self._offices)) if self._offices else None
        self._stores.outbox.add(chain(messages_of(self._announcements, revision), closings))
        unparked = len({*self._unparked, *self._skipped})
        return BatchTally(self._handled, self._duplicates, len(parked), unparked, self._recognized)

    def _is_settled(self, event_id: str) -> bool:
        """Say whether an event was entered or given up before, whatever progress says of its subject.

        Its rows, the office's position and its message came in one transaction, and never come again.
        """
        if event_id in self._given_up:
            return True
        return bool(self._in_ledger) and self._transactions.get(event_id) in self._in_ledger

    def _enter(self, arrival: Arrival, subject: str) -> None:
        if self._is_settled(arrival.event_id):
            self._order.take(subject, arrival.sequence)
            self._duplicates += 1
            self._recognized += 1
            return
        if books(arrival.event_type):
            self._book(arrival)
        elif arrival.event_type == DISPUTE:
            event = arrival.decode()
            assert isinstance(event, DisputeMarked), "the type decides the model"
            self._disputes[event.request_id] = (event.open, arrival.time)
        self._order.take(subject, arrival.sequence)
        self._handled += 1
        self.entered_in.add(arrival.record.place)

    def _book(self, arrival: Arrival) -> None:
        event = arrival.decode()
        page = self._pages[arrival.record.partition]
        transaction_id = self._transactions[arrival.event_id]
        booking = fold(event, transaction_id, page.window)
        if booking is None:
            return
        request_id = getattr(event, "request_id", None)
        # Encoded here: in a batch of thousands it is far from any cache later on.
        announcement = Announcement(booking, encode(booking.announcement), arrival, transaction_id, request_id)
        moved: list[OfficeChange] = []
        if announcement.moves_loads:
            assert booking.office is not None, "only an office has a reservation and an income"
            month = month_of(arrival.time) if booking.income_rial else 0
            released_rial, late_cash_rial = booking.released_rial, booking.late_cash_rial
            moved.append(OfficeChange(booking.office, released_rial, booking.income_rial, month, late_cash_rial))
        # What can fail comes before this: a batch that is changed in part could not continue after a failure.
        page.enter(booking, transaction_id, arrival.event_id, request_id, arrival.time)
        self._announcements.append(announcement)
        self._offices += moved

    def _enter_waiting(self, subject: str) -> None:
        """Enter what waits in sequence from here on, up to the first that is held."""
        for sequence, event in self._order.due(subject):
            if sequence > self._order.last[subject] and (event.held or not self._enter_parked(event, subject)):
                break
            self._order.forget(subject, sequence)
            if event.row is not None:
                self._unparked.append(event.row.id)

    def _enter_parked(self, event: WaitingEvent, subject: str) -> bool:
        if event.row is None:
            self._enter(event.arrival, subject)
            return True
        try:
            self._enter(event.arrival, subject)
        except Exception as error:
            # The event that let it in is not at fault; this one rests from now on.
            self._kept.append(event.row.with_failure(failure_detail(error)))
            return False
        return True

    def _mark(self, arrival: Arrival) -> None:
        event = arrival.decode()
        assert isinstance(event, WindowMarked), "only markers have no subject"
        assert event.partition == arrival.record.partition, "a marker lies in the partition that it cuts"
        if self._pages[event.partition].mark(event.window, event.partitions, arrival.time):
            self._handled += 1
            self.entered_in.add(arrival.record.place)
        else:
            self._duplicates += 1

    def _remember(self, row: ParkedRow) -> None:
        try:
            arrival = read_arrival(row.event.record)
        except LogUnreadable:
            return
        if arrival.subject is not None:
            self._order.wait(arrival.subject, arrival.sequence, WaitingEvent(arrival, row))

    def _set_aside(self) -> list[ParkedEvent]:
        return [_parked(event.arrival) for event in self._order.waiting() if event.row is None]

    def _keep_progress(self) -> None:
        after = self._order.last
        added = {subject: last for subject, last in after.items() if subject not in self._before}
        changed = {subject: last for subject, last in after.items() if self._before.get(subject, last) != last}
        self._stores.ledger.keep_progress(added, changed)


def _check_ends(opened: Mapping[int, Opened], ends: Mapping[int, LedgerEnd]) -> None:
    """Build on nothing that was lost or changed: rows that follow would prove nothing any more."""
    for number, page in opened.items():
        end = ends[number]
        if (page.chain.count, page.window) != (end.rows, end.cut + 1):
            raise Standstill(
                Place(LOG_REQUESTS.name, number),
                Setback.LEDGER_APART,
                f"its page goes on after {page.chain.count} rows in window {page.window}, and the ledger's rows end at "
                f"{end.rows}, its last window at {end.cut}; run `pishkhan ledger verify`, and `pishkhan repair chain` "
                "if the rows are those of the log",
            )


def failure_detail(error: Exception) -> str:
    """Return what is kept with a parked event about its failure: a stranger's message may quote a citizen's values."""
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
