"""The requests' log as a trial reads it: what it says of each request, and the ledger computed from it once more.

It goes on where it stopped, so that a long series of runs reads every record once. From the log's beginning it is a
replay from position 0; on a bus that was there before, it begins with each partition's chain as settlement has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from consumers.in_order import InOrder, Turn
from consumers.runner.ports import Source
from consumers.settlement.arrival import MARKER, Arrival, read_arrival
from consumers.settlement.domain.chain import Chain
from consumers.settlement.domain.page import Page
from consumers.settlement.refold import enter_alone
from schemas.log_requests import WindowMarked
from schemas.topics import LOG_REQUESTS

POLL_SECONDS = 0.2
POLL_RECORDS = 5_000


class FollowedFrom(NamedTuple):
    """Where settlement stood in one partition when the following began."""

    position: int
    chain: Chain
    window: int


class Told(NamedTuple):
    """One event that the log tells of a subject."""

    sequence: int
    event_id: str
    type: str


@dataclass
class Shadow:
    """The ledger's chains, computed from the log record by record, in no batches at all."""

    pages: dict[int, Page]
    order: InOrder[Arrival] = field(default_factory=InOrder)

    def enter(self, arrival: Arrival) -> None:
        """Enter the next record of its partition, and what waited for it.

        One that was told before changes nothing; one that comes before its turn, as after a repair, waits for it.
        """
        page = self.pages[arrival.record.partition]
        if arrival.event_type == MARKER:
            event = arrival.decode()
            assert isinstance(event, WindowMarked), "the type decides the model"
            page.mark(event.window, event.partitions, arrival.time)
            return
        turn = self.order.turn(arrival.key, arrival.sequence)
        if turn is Turn.EARLY:
            self.order.wait(arrival.key, arrival.sequence, arrival)
        elif turn is Turn.NEXT:
            self._book(page, arrival)
            for sequence, waiting in self.order.due(arrival.key):
                self._book(self.pages[waiting.record.partition], waiting)
                self.order.forget(arrival.key, sequence)

    def _book(self, page: Page, arrival: Arrival) -> None:
        self.order.take(arrival.key, arrival.sequence)
        # Only the chain is wanted of it.
        enter_alone(page, arrival)


class Follower:
    """Follows the requests' log from `places`, the partitions' numbers with what settlement had of them."""

    def __init__(self, source: Source, places: Mapping[int, FollowedFrom], last: Mapping[str, int]) -> None:
        self._source = source
        self._positions = {number: place.position for number, place in places.items()}
        self.shadow = Shadow({number: Page(number, place.chain, place.window) for number, place in places.items()})
        self.shadow.order.last.update(last)
        self.told: dict[str, list[Told]] = defaultdict(list)

    def catch_up(self, wanted: Mapping[int, int]) -> list[str]:
        """Read every partition up to its position in `wanted` and not beyond; return in words what the log lacks.

        Raises `BrokerUnavailable`; then call it again.
        """
        partitions = {one.number: one for one in self._source.partitions()}
        for number in partitions.keys() - self._positions.keys():
            self._positions[number] = 0
            self.shadow.pages[number] = Page(number, Chain(), 1)
        ends = self._source.ends([LOG_REQUESTS.name])
        lost = {number for number, position in wanted.items() if position > ends[f"{LOG_REQUESTS.name}/{number}"]}
        self._source.assign({partitions[number]: position for number, position in self._positions.items()})
        while any(self._positions[number] < position for number, position in wanted.items() if number not in lost):
            for record in self._source.poll(POLL_SECONDS, POLL_RECORDS):
                if record.position < wanted.get(record.partition, 0):
                    self._take(read_arrival(record))
                    self._positions[record.partition] = record.position + 1
        return [
            f"partition {number}: settlement is at {wanted[number]}, beyond the log's end" for number in sorted(lost)
        ]

    def _take(self, arrival: Arrival) -> None:
        self.shadow.enter(arrival)
        if arrival.subject is not None:
            self.told[arrival.subject].append(Told(arrival.sequence, arrival.event_id, arrival.event_type))

    def gaps(self, subjects: Iterable[str]) -> Iterator[str]:
        """Say where the sequences of `subjects` have gaps, or two events under one number."""
        for subject in subjects:
            last = 0
            known: dict[int, str] = {}
            for told in self.told.get(subject, ()):
                if known.setdefault(told.sequence, told.event_id) != told.event_id:
                    yield f"{subject}: two events are number {told.sequence} in the log"
                elif told.sequence > last + 1:
                    yield f"{subject}: number {told.sequence} follows number {last} in the log"
                last = max(last, told.sequence)
