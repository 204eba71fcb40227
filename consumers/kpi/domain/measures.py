"""What is measured, about what, and which measurements a changed fact makes out of date."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from consumers.kpi.domain.facts import Fact, Income
from consumers.kpi.domain.windows import Window, windows_of
from schemas.kpi import NAMED_IN_CLAIMS, UNKNOWN_KEY, Figure, KeyKind


class Measure(StrEnum):
    """A way to measure one key in one window; it yields one or more figures."""

    #: Requests opened.
    VOLUME = "volume"
    #: Requests completed.
    COMPLETED = "completed"
    #: Requests refused before any office had them.
    REFUSED = "refused"
    #: Seconds from opening to acceptance, of requests accepted in the window.
    WAIT = "wait"
    #: Offices' own parts of fees posted in the window, less refunds.
    INCOME = "income"


#: The month that an office's expected income is stated for is counted as this many days.
DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One measure of one key in one window: what is measured again when a fact in it changes."""

    measure: Measure
    key_kind: KeyKind
    key: str
    window: Window


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one figure in one cell, from `samples` facts."""

    cell: Cell
    figure: Figure
    value: float
    samples: int
    rests_on_generated: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an office is expected to earn in a month, and whether that number was generated and is not a fact."""

    monthly_rial: int
    generated: bool


def out_of_date(before: Fact | None, after: Fact, incomes: Sequence[Income], new: Sequence[Income]) -> set[Cell]:
    """Return the cells whose readings may differ now: `before` became `after`, and `new` incomes joined `incomes`."""
    was = set() if before is None else set(_contributions(before, incomes))
    became = set(_contributions(after, [*incomes, *new]))
    return {cell for cell, _ in was ^ became}


def names_in(cells: Iterable[Cell]) -> set[tuple[KeyKind, str]]:
    """Return the keys of `cells` that come from claims, which may name anything."""
    return {(cell.key_kind, cell.key) for cell in cells if cell.key_kind in NAMED_IN_CLAIMS}


def bucketed(cells: Iterable[Cell], known: Collection[tuple[KeyKind, str]]) -> set[Cell]:
    """Return `cells` with one key for all names that are not among the `known` ones."""
    return {
        replace(cell, key=UNKNOWN_KEY)
        if cell.key_kind in NAMED_IN_CLAIMS and (cell.key_kind, cell.key) not in known
        else cell
        for cell in cells
    }


def compared_with_expected(reading: Reading, expectation: Expectation | None) -> Reading | None:
    """Return an office's income in a day over what is expected of a day, or none where nothing is expected."""
    cell = reading.cell
    if cell.key_kind is not KeyKind.OFFICE or not cell.window.is_day or expectation is None:
        return None
    if expectation.monthly_rial == 0:
        return None
    ratio = reading.value * DAYS_PER_MONTH / expectation.monthly_rial
    return Reading(cell, Figure.INCOME_TO_EXPECTED_RATIO, ratio, reading.samples, expectation.generated)


#: What one fact adds to a cell: a count, a wait, or an income by its transaction.
_Contribution = tuple[Cell, UUID | float]


def _contributions(fact: Fact, incomes: Iterable[Income]) -> Iterator[_Contribution]:
    keys = _keys(fact, fact.office.code)
    counted = (
        (Measure.VOLUME, fact.opened_at),
        (Measure.COMPLETED, fact.completed_at),
        (Measure.REFUSED, fact.refused_at),
    )
    for measure, at in counted:
        if at is not None:
            for window in windows_of(at):
                yield from ((Cell(measure, kind, key, window), 1.0) for kind, key in keys)
    if fact.opened_at is not None and fact.accepted_at is not None:
        wait_seconds = (fact.accepted_at - fact.opened_at).total_seconds()
        for window in windows_of(fact.accepted_at):
            yield from ((Cell(Measure.WAIT, kind, key, window), wait_seconds) for kind, key in keys)
    for income in incomes:
        for window in windows_of(income.at):
            for kind, key in _keys(fact, income.office):
                yield Cell(Measure.INCOME, kind, key, window), income.transaction_id


def _keys(fact: Fact, office: str | None) -> list[tuple[KeyKind, str]]:
    named = (
        (KeyKind.OFFICE, office),
        (KeyKind.SERVICE, fact.service),
        (KeyKind.AGENCY, fact.agency),
        (KeyKind.COUNTY, fact.county.code),
    )
    return [(kind, key) for kind, key in named if key is not None]
