"""One batch of the requests' log on its way into the ledger, inside one open transaction.

Events of one subject are entered in the order of their sequence, whatever the order of arrival: what came before is
skipped, what comes too early waits until the gap before it is filled. How the log is cut into batches changes nothing
of what is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from consumers.in_turn import InTurn, Tally
from consumers.jalali import month_of
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
from schemas.topics import LOG_REQUESTS


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
        waiting = stores.park.of_keys({arrival.key for arrival in arrivals})
        self.turns = InTurn(self._before, waiting, read_arrival, self._do)
        coming = [
            arrival
            for arrival in (*arrivals, *self.turns.waiting())
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
        #: Of the duplicates, those that only the ledger knew, or an operator's decision: the row that counts its
        #: subject's events was lost.
        self.recognized = 0

    def write(self) -> Tally:
        """Write all: rows first, the offices' positions as late as possible, messages last."""
        ledger = self._stores.ledger
        rows = [row for page in self._pages.values() for row in page.rows]
        packed = [row for page in self._pages.values() for row in page.packed]
        ledger.append(rows, packed, balance_changes(rows))
        self._keep_progress()
        moved = [page for page in self._pages.values() if page.rows or page.marks]
        ledger.keep_pages({page.partition: Opened(page.chain, page.window) for page in moved})
        ledger.mark_disputes(self._disputes)
        tally = self.turns.write(self._stores.park)
        marks = [mark for page in self._pages.values() for mark in page.marks]
        closings = close_passed_windows(self._stores.windows, marks)
        revision = self._stores.loads.move(merged(self._offices)) if self._offices else None
        self._stores.outbox.add(chain(messages_of(self._announcements, revision), closings))
        return tally

    def _is_settled(self, event_id: str) -> bool:
        """Say whether an event was entered or given up before, whatever progress says of its subject.

        Its rows, the office's position and its message came in one transaction, and never come again.
        """
        if event_id in self._given_up:
            return True
        return bool(self._in_ledger) and self._transactions.get(event_id) in self._in_ledger

    def _do(self, arrival: Arrival) -> bool:
        """Enter one event, and say whether it was new after all."""
        if arrival.subject is None:
            return self._mark(arrival)
        if self._is_settled(arrival.event_id):
            self.recognized += 1
            return False
        if books(arrival.event_type):
            self._book(arrival)
        elif arrival.event_type == DISPUTE:
            event = arrival.decode()
            assert isinstance(event, DisputeMarked), "the type decides the model"
            self._disputes[event.request_id] = (event.open, arrival.time)
        return True

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

    def _mark(self, arrival: Arrival) -> bool:
        event = arrival.decode()
        assert isinstance(event, WindowMarked), "only markers have no subject"
        assert event.partition == arrival.record.partition, "a marker lies in the partition that it cuts"
        return self._pages[event.partition].mark(event.window, event.partitions, arrival.time)

    def _keep_progress(self) -> None:
        after = self.turns.last
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
