"""One partition of the ledger computed again from its log, from a cut on: the rows as they must be, one by one.

What came before the cut is only followed in its order, by its headers; nothing of it is decoded. Memory holds one
number per subject of the partition, about 200 bytes, and what waits for a gap.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from consumers.in_order import InOrder, Turn
from consumers.logs import LogUnreadable
from consumers.runner.records import Record
from consumers.settlement.arrival import Arrival, read_arrival
from consumers.settlement.domain.booking import transaction_id_of
from consumers.settlement.domain.chain import Chain, Row
from consumers.settlement.domain.fold import books, fold
from consumers.settlement.domain.page import Page
from consumers.settlement.domain.windows import WindowCut
from schemas.decode import EventInvalid
from schemas.log_requests import WindowMarked


@dataclass(frozen=True, slots=True)
class KeptPartition:
    """What is kept of one partition beside its rows: its chain, and settlement's next position.

    Not entered though passed, by id of the event: `given_up` by an operator, who let later ones go on; `parked` after
    a failure, so that later ones wait. `passed_over` are positions of records that became dead letters. `rows` are how
    many the ledger has, `known` whether settlement has a row for the partition at all.
    """

    chain: Chain
    next_position: int
    given_up: Collection[str] = ()
    parked: Collection[str] = ()
    passed_over: Collection[int] = ()
    rows: int = 0
    known: bool = True

    @property
    def lost(self) -> bool:
        """Whether the row that keeps all this was lost, or made anew, empty: position and chain say nothing then."""
        return self.chain.count == 0 < self.rows


def enter_alone(page: Page, arrival: Arrival) -> list[Row]:
    """Enter one event, whatever else there is, and return its rows; the page keeps its chain and not the rows.

    Raises `EventInvalid` or `LogUnreadable`, with nothing entered.
    """
    if not books(arrival.event_type):
        return []
    transaction_id = transaction_id_of(arrival.event_id)
    event = arrival.decode()
    booking = fold(event, transaction_id, page.window)
    if booking is None:
        return []
    page.enter(booking, transaction_id, arrival.event_id, getattr(event, "request_id", None), arrival.time)
    rows = list(page.rows)
    page.rows.clear()
    page.packed.clear()
    return rows


class Refold:
    """Mutable; `rows` may be asked for once.

    `opened` says whether the log has the marker of the cut at all, and `chain_kept` whether what was folded is, at the
    kept count, the kept chain: then no row of the log is missing or in another place.
    """

    def __init__(self, partition: int, kept: KeptPartition, since: WindowCut | None) -> None:
        self._kept = kept
        self._since = since
        self._page = Page(partition, Chain(), 1) if since is None else None
        self._partition = partition
        self._order = InOrder[Arrival]()
        self.chain_kept = not kept.lost and (Chain() if since is None else since.chain) == kept.chain

    @property
    def opened(self) -> bool:
        """Whether folding began: from the beginning, or at the cut's marker."""
        return self._page is not None

    def rows(self, records: Iterable[Record]) -> Iterator[Row]:
        """Yield the rows that the partition's `records`, all from its first on, make the ledger hold.

        It ends where settlement's position is, and not before as many rows as the kept chain has; where what was kept
        is lost, not before as many as the ledger has.
        """
        for record in records:
            if record.position >= self._kept.next_position and self._complete():
                return
            if record.position in self._kept.passed_over:
                continue
            try:
                arrival = read_arrival(record)
            except LogUnreadable:
                # Settlement parks it, and it is nobody's predecessor.
                continue
            yield from self._taken(arrival)

    def _complete(self) -> bool:
        count = self._kept.rows if self._kept.lost else self._kept.chain.count
        return self._page is not None and self._page.chain.count >= count

    def _taken(self, arrival: Arrival) -> Iterator[Row]:
        subject, sequence = arrival.subject, arrival.sequence
        if subject is None:
            self._mark(arrival)
            return
        match self._order.turn(subject, sequence):
            case Turn.EARLY:
                self._order.wait(subject, sequence, arrival)
            case Turn.NEXT:
                # It is the first of what is due now.
                self._order.wait(subject, sequence, arrival)
                for place, due in self._order.due(subject):
                    rows = self._entered(due)
                    self._order.forget(subject, place)
                    if rows is not None:
                        yield from rows
                        self._order.take(subject, place)

    def _entered(self, arrival: Arrival) -> list[Row] | None:
        """Return the rows of one event whose turn it is; none when it is not entered, so that later ones wait."""
        if arrival.event_id in self._kept.parked:
            return None
        page = self._page
        if page is None or arrival.event_id in self._kept.given_up:
            return []
        try:
            rows = enter_alone(page, arrival)
        except (EventInvalid, LogUnreadable):
            return None
        if rows and page.chain.count == self._kept.chain.count:
            self.chain_kept = page.chain == self._kept.chain
        return rows

    def _mark(self, arrival: Arrival) -> None:
        if arrival.event_id in self._kept.parked or arrival.event_id in self._kept.given_up:
            return
        event = arrival.decode()
        assert isinstance(event, WindowMarked), "the type decides the model"
        if self._page is not None:
            if event.window == self._page.window:
                self._page.mark(event.window, event.partitions, arrival.time)
                self._page.marks.clear()
        elif self._since is not None and event.window == self._since.window:
            self._page = Page(self._partition, self._since.chain, event.window + 1)
