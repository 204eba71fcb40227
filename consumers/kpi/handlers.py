"""From a batch of log records to facts, and from facts that changed to figures: two kinds of transaction.

A batch keeps its facts and notes which measurements they make out of date; measuring takes the notes, reads the facts
and publishes what is new. So a busy minute is measured a few times and not once per event, and a worker that dies
between the two leaves the notes for the next one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from consumers.in_turn import park_failed
from consumers.intake import Unreadable
from consumers.kpi.domain.facts import Fact, Income, learn
from consumers.kpi.domain.measures import Cell, Reading, bucketed, compared_with_expected, names_in, out_of_date
from consumers.kpi.ports import RecordsMissing, Stores
from consumers.kpi.reading import Lesson, read_lesson
from consumers.parking import NEVER_YET, ParkedRow
from consumers.runner.outcomes import DeadLetterReason, Outcome
from consumers.runner.ports import Clock, Telemetry
from consumers.runner.records import Record, Span
from consumers.sweeping import do_divided
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.kpi import Figure, KeyKind, KpiMeasured
from schemas.message import Message
from schemas.partition import Place
from schemas.topics import KPI_MEASURED

#: The number of events by outcome and reason.
Counts = Counter[tuple[Outcome, StrEnum | None]]

CONSUMER = "kpi"
SOURCE = "/bus"


@dataclass(frozen=True, slots=True)
class KpiHandler:
    """What to do with records, notes and decisions; each call is inside one open transaction.

    `new_id` gives event ids. Facts come out the same however often and in whatever pieces a batch is done.
    """

    clock: Clock
    new_id: Callable[[], UUID]
    telemetry: Telemetry

    def handle(self, stores: Stores, records: Sequence[Record], *, complete: bool = False) -> None:
        """Keep the facts of a batch; records before a partition's position are known already and change nothing.

        With `complete` the records are all that the log holds. Otherwise a gap is not believed, because Faust may
        commit a message that it dropped while a partition changed hands: raises `RecordsMissing`.
        """
        batch = _by_place(records)
        known = stores.positions.next_positions(batch.keys())
        if not complete:
            missing = {place: gap for place, some in batch.items() if (gap := _gap(known[place], some)) is not None}
            if missing:
                raise RecordsMissing(missing)
        self._count(self._learn(stores, records))
        stores.positions.advance({place: max(positions) + 1 for place, positions in batch.items()})

    def skip(self, stores: Stores, place: Place, end: int) -> None:
        """Go on at `end`: the log does not hold the records before it any more."""
        stores.positions.advance({place: end})

    def park_failed(self, stores: Stores, record: Record, error: Exception) -> None:
        """Park a record on which `handle` fails by itself. Facts need no order, so nothing waits behind it."""
        key = (record.key or b"").decode("utf-8", "replace")
        park_failed(stores.park, self.telemetry, key, record, _detail(error))
        stores.positions.advance({record.place: record.position + 1})

    def bury(self, stores: Stores, record: Record) -> None:
        """Skip a record at which the database ends the connection at every try: no figure depends on it."""
        detail = "the database closes the connection at this record alone"
        letter = Unreadable(record, DeadLetterReason.CONNECTION_LOST, "record", detail)
        for new in stores.dead_letters.add(CONSUMER, [letter]):
            self.telemetry.count(Outcome.DEAD_LETTERED, 1, new.reason)
        stores.positions.advance({record.place: record.position + 1})

    def measure(self, stores: Stores, limit: int) -> int:
        """Measure up to `limit` cells that are out of date and publish what is new; return how many there were."""
        self._take_up_failed(stores, limit)
        cells = stores.figures.take(limit)
        if cells:
            now = self.clock.at(stores.park.now())
            readings = list(stores.figures.measure(cells))
            readings += _compared(readings, stores)
            stores.outbox.add([self._message(reading, now) for reading in stores.figures.keep(readings)])
        return len(cells)

    def _learn(self, stores: Stores, records: Sequence[Record]) -> Counts:
        lessons: list[Lesson] = []
        letters: list[Unreadable] = []
        for record in records:
            match read_lesson(record):
                case Lesson() as lesson:
                    lessons.append(lesson)
                case Unreadable() as letter:
                    letters.append(letter)
        counts: Counts = Counter({(Outcome.HANDLED, None): len(records) - len(letters)})
        for letter in stores.dead_letters.add(CONSUMER, letters):
            counts[Outcome.DEAD_LETTERED, letter.reason] += 1
        _keep(stores, lessons)
        return counts

    def _count(self, counts: Counts) -> None:
        for (outcome, reason), events in counts.items():
            self.telemetry.count(outcome, events, reason)

    def _take_up_failed(self, stores: Stores, limit: int) -> None:
        """Try again what failed and has rested, or what an operator redrives; give up what one skips."""
        keys = stores.park.due_keys(NEVER_YET, limit)
        rows = stores.park.of_keys(keys)
        stores.park.skip([row.id for row in rows if row.to_skip])
        failed: list[ParkedRow] = []

        def learn_again(some: Sequence[ParkedRow]) -> Counts:
            counts = self._learn(stores, [row.event.record for row in some])
            stores.park.remove([row.id for row in some])
            return counts

        def set_aside(row: ParkedRow, error: Exception) -> None:
            failed.append(row.with_failure(_detail(error)))

        learnt = do_divided([row for row in rows if row.to_try], stores.attempt, learn_again, set_aside)
        self._count(learnt or Counter())
        stores.park.keep(failed)

    def _message(self, reading: Reading, now: datetime) -> Message:
        cell = reading.cell
        event = KpiMeasured(
            figure=reading.figure,
            key_kind=cell.key_kind,
            key=cell.key,
            window_from=cell.window.start,
            window_to=cell.window.end,
            value=reading.value,
            samples=reading.samples,
            rests_on_generated=reading.rests_on_generated,
        )
        envelope = Envelope(id=str(self.new_id()), source=SOURCE, type=event.type_name(), subject=cell.key, time=now)
        return Message(KPI_MEASURED.name, cell.key, envelope, encode(event))


def _detail(error: Exception) -> str:
    return f"the handler fails with {type(error).__name__}"


def _keep(stores: Stores, lessons: Sequence[Lesson]) -> None:
    request_ids = sorted({lesson.request_id for lesson in lessons})
    before = stores.facts.lock(request_ids)
    incomes = stores.facts.incomes(request_ids)
    after: dict[UUID, Fact] = {}
    new: dict[UUID, list[Income]] = {}
    for lesson in lessons:
        request_id = lesson.request_id
        fact = after.get(request_id) or before.get(request_id) or Fact(request_id)
        after[request_id] = learn(fact, lesson.event, lesson.sequence, lesson.time)
        income = lesson.income()
        earlier = [*incomes.get(request_id, ()), *new.get(request_id, ())]
        if income is not None and all(income.transaction_id != one.transaction_id for one in earlier):
            new.setdefault(request_id, []).append(income)
    cells: set[Cell] = set()
    for request_id, fact in after.items():
        cells |= out_of_date(before.get(request_id), fact, incomes.get(request_id, ()), new.get(request_id, ()))
    changed = [fact for fact in after.values() if fact != before.get(fact.request_id)]
    stores.facts.save(changed, [income for some in new.values() for income in some])
    # Thousands of names that nobody knows are one key: figures grow with the province, not with what is said.
    stores.figures.mark(bucketed(cells, stores.figures.known(names_in(cells))))


def _compared(readings: Iterable[Reading], stores: Stores) -> list[Reading]:
    incomes = [one for one in readings if one.figure is Figure.INCOME_RIAL and one.cell.key_kind is KeyKind.OFFICE]
    expected = stores.figures.expectations({one.cell.key for one in incomes})
    compared = (compared_with_expected(one, expected.get(one.cell.key)) for one in incomes)
    return [one for one in compared if one is not None]


def _by_place(records: Sequence[Record]) -> dict[Place, list[int]]:
    """Return the positions in each partition, growing."""
    batch: dict[Place, list[int]] = {}
    for record in records:
        batch.setdefault(record.place, []).append(record.position)
    return {place: sorted(positions) for place, positions in batch.items()}


def _gap(position: int, positions: Sequence[int]) -> Span | None:
    """Return the first positions that are missing between `position` and the last of `positions`, or none."""
    for present in positions:
        if present > position:
            return Span(position, present)
        position = max(position, present + 1)
    return None
