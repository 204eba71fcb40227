"""The ledger's rows beside those that the log makes: what exactly is different, row by row.

Both sides come in the order of their numbers and are read once. Rows that only stand in another place are found by
their content, so that one row that was taken out or put in does not make all rows behind it look changed. What is
still unmatched is kept up to a declared room; then the oldest of it is judged by its number alone.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import heappush, heappushpop
from itertools import count

from consumers.settlement.domain.chain import Row

#: So many unmatched rows are kept at a time, about 1 kB each.
ROOM_ROWS = 50_000
_COMPARED = tuple(name for name in Row._fields if name not in ("partition", "number"))


class RowDifferenceKind(StrEnum):
    """How a row differs from what the log makes it."""

    ALTERED = "altered"
    MOVED = "moved"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that differs: `found` is the ledger's, `expected` what the log makes; one of them may be none.

    Of rows that were only moved, `rows` follow each other and are moved by the same distance; the first one is named.
    """

    kind: RowDifferenceKind
    expected: Row | None
    found: Row | None
    rows: int = 1

    @property
    def row(self) -> Row:
        """The row that it is about, as the log has it if it has."""
        row = self.expected or self.found
        assert row is not None, "one of the two is there"
        return row

    def fields(self) -> list[tuple[str, object, object]]:
        """Return (field, as it is, as the log says) of every field that differs; none when a side is missing."""
        if self.expected is None or self.found is None:
            return []
        names = ("number",) if self.kind is RowDifferenceKind.MOVED else _COMPARED
        sides = ((name, getattr(self.found, name), getattr(self.expected, name)) for name in names)
        return [(name, found, expected) for name, found, expected in sides if found != expected]


def differences(expected: Iterable[Row], found: Iterable[Row], room: int = ROOM_ROWS) -> Iterator[RowDifference]:
    """Yield every difference between rows of one partition; nothing when both are the same.

    They come as they are found, which is not always in the order of their numbers. `room` bounds how many unmatched
    rows are kept; beyond it a row that was moved further counts as missing in one place and extra in the other.
    """
    return _in_runs(_compared(expected, found, room))


def _compared(expected: Iterable[Row], found: Iterable[Row], room: int) -> Iterator[RowDifference]:
    wanted_left, found_left = _Left(), _Left()
    for wanted, there in _side_by_side(expected, found):
        if wanted == there:
            continue
        # Both look for their like before either waits: it cannot be each other.
        wanted_at = None if wanted is None else found_left.take_like(wanted)
        there_at = None if there is None else wanted_left.take_like(there)
        if wanted is not None:
            if wanted_at is None:
                wanted_left.add(wanted)
            else:
                yield RowDifference(RowDifferenceKind.MOVED, wanted, wanted_at)
        if there is not None:
            if there_at is None:
                found_left.add(there)
            else:
                yield RowDifference(RowDifferenceKind.MOVED, there_at, there)
        while len(wanted_left) + len(found_left) > room:
            number = min(left.first for left in (wanted_left, found_left) if len(left))
            yield _judged(wanted_left.take(number), found_left.take(number))
    yield from _rest(wanted_left, found_left)


def _rest(wanted_left: "_Left", found_left: "_Left") -> Iterator[RowDifference]:
    """Match what is like nothing: the same transaction in its place first, then anywhere, then whatever is there."""
    for wanted in wanted_left.rows():
        there = found_left.at(wanted.number)
        if there is not None and there.transaction_id == wanted.transaction_id:
            yield _judged(wanted_left.take(wanted.number), found_left.take(wanted.number))
    of_transaction: dict[object, deque[int]] = {}
    for there in found_left.rows():
        of_transaction.setdefault(there.transaction_id, deque()).append(there.number)
    for wanted in wanted_left.rows():
        if numbers := of_transaction.get(wanted.transaction_id):
            yield _judged(wanted_left.take(wanted.number), found_left.take(numbers.popleft()))
    for number in sorted({row.number for row in (*wanted_left.rows(), *found_left.rows())}):
        yield _judged(wanted_left.take(number), found_left.take(number))


def _judged(expected: Row | None, found: Row | None) -> RowDifference:
    if found is None:
        return RowDifference(RowDifferenceKind.MISSING, expected, None)
    if expected is None:
        return RowDifference(RowDifferenceKind.EXTRA, None, found)
    return RowDifference(RowDifferenceKind.ALTERED, expected, found)


def _side_by_side(expected: Iterable[Row], found: Iterable[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Pair rows of the same number; where one side has no such number, its half is none."""
    wanted_rows, found_rows = iter(expected), iter(found)
    wanted, there = next(wanted_rows, None), next(found_rows, None)
    while wanted is not None or there is not None:
        ahead = there is None or (wanted is not None and wanted.number < there.number)
        behind = wanted is None or (there is not None and there.number < wanted.number)
        yield (None if behind else wanted), (None if ahead else there)
        if not behind:
            wanted = next(wanted_rows, None)
        if not ahead:
            there = next(found_rows, None)


def _in_runs(found: Iterable[RowDifference]) -> Iterator[RowDifference]:
    """Put rows together that were moved by the same distance, one after another."""
    run: RowDifference | None = None
    for one in found:
        if one.kind is not RowDifferenceKind.MOVED:
            yield one
        elif run is not None and _goes_on(run, one):
            run = replace(run, rows=run.rows + 1)
        else:
            if run is not None:
                yield run
            run = one
    if run is not None:
        yield run


def _goes_on(run: RowDifference, one: RowDifference) -> bool:
    """Say whether a moved row is the next one of a run of them."""
    return all(
        after is not None and before is not None and after.number == before.number + run.rows
        for before, after in ((run.expected, one.expected), (run.found, one.found))
    )


class _Left:
    """Rows of one side that have not met their like yet, by number and by content."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._alike: dict[Row, deque[int]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def first(self) -> int:
        """The number that has waited longest."""
        return next(iter(self._rows))

    def rows(self) -> list[Row]:
        """Return all that is left, in the order of coming."""
        return list(self._rows.values())

    def add(self, row: Row) -> None:
        """Let a row wait."""
        self._rows[row.number] = row
        self._alike.setdefault(_content(row), deque()).append(row.number)

    def at(self, number: int) -> Row | None:
        """Return the row of this number, if it waits."""
        return self._rows.get(number)

    def take_like(self, row: Row) -> Row | None:
        """Return a row of the same content, which then waits no more."""
        numbers = self._alike.get(_content(row))
        return self.take(numbers[0]) if numbers else None

    def take(self, number: int) -> Row | None:
        """Return the row of this number, which then waits no more."""
        row = self._rows.pop(number, None)
        if row is not None:
            numbers = self._alike[_content(row)]
            numbers.remove(number)
            if not numbers:
                del self._alike[_content(row)]
        return row


def _content(row: Row) -> Row:
    return row._replace(number=0)


@dataclass
class FirstOnes:
    """Keeps the first differences by number, at most `limit`, and counts all rows by kind."""

    limit: int
    rows: Counter[RowDifferenceKind] = field(default_factory=Counter)
    _heap: list[tuple[int, int, RowDifference]] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=count)

    def add(self, one: RowDifference) -> None:
        """Count one, and keep it if it is among the first."""
        self.rows[one.kind] += one.rows
        # A heap gives its smallest first, and what must go is the greatest number.
        entry = (-one.row.number, -next(self._turn), one)
        if len(self._heap) < self.limit:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)

    def first(self) -> list[RowDifference]:
        """Return what was kept, first one first."""
        return [one for _, _, one in sorted(self._heap, reverse=True)]
