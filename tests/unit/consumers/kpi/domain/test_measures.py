"""Which cells a changed fact makes out of date."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from consumers.kpi.domain.facts import Fact, Income, Named
from consumers.kpi.domain.measures import (
    Cell,
    Expectation,
    Measure,
    Reading,
    compared_with_expected,
    out_of_date,
)
from consumers.kpi.domain.windows import windows_of
from schemas.kpi import Figure, KeyKind
from tests.kit.values.kpi_log import MORNING

HOUR, DAY = windows_of(MORNING)
FACT = Fact(
    request_id=UUID(int=1),
    agency="water",
    service="water-meter",
    office=Named("office-1", 2),
    county=Named("bojnord", 2),
    opened_at=MORNING,
)
INCOME = Income(UUID(int=9), UUID(int=1), "office-1", MORNING, 700)


def cells(measure: Measure, **keys: str) -> set[Cell]:
    return {Cell(measure, KeyKind(kind), key, window) for kind, key in keys.items() for window in (HOUR, DAY)}


def test_a_new_fact_counts_under_all_its_keys() -> None:
    assert out_of_date(None, FACT, [], []) == cells(
        Measure.VOLUME, office="office-1", service="water-meter", agency="water", county="bojnord"
    )


def test_the_same_fact_again_changes_nothing() -> None:
    assert out_of_date(FACT, FACT, [INCOME], []) == set()


def test_another_office_is_counted_anew_and_the_old_one_too() -> None:
    moved = replace(FACT, office=Named("office-2", 5))
    assert out_of_date(FACT, moved, [], []) == (
        cells(Measure.VOLUME, office="office-1") | cells(Measure.VOLUME, office="office-2")
    )


def test_a_wait_belongs_to_the_window_of_the_acceptance() -> None:
    later = MORNING + timedelta(hours=30)
    accepted = replace(FACT, accepted_at=later)
    changed = out_of_date(FACT, accepted, [], [])
    assert {cell.measure for cell in changed} == {Measure.WAIT}
    assert {cell.window for cell in changed} == set(windows_of(later))


def test_a_wait_without_a_start_is_none() -> None:
    assert out_of_date(None, Fact(UUID(int=1), accepted_at=MORNING, office=Named("office-1", 3)), [], []) == set()


def test_income_that_came_before_its_request_moves_to_the_county() -> None:
    bare = Fact(UUID(int=1))
    assert out_of_date(None, bare, [], [INCOME]) == cells(Measure.INCOME, office="office-1")
    changed = out_of_date(bare, FACT, [INCOME], [])
    assert cells(Measure.INCOME, county="bojnord", agency="water", service="water-meter") <= changed
    assert not cells(Measure.INCOME, office="office-1") & changed


def test_income_is_the_earning_offices_own_whoever_has_the_request() -> None:
    moved = replace(FACT, office=Named("office-2", 5))
    assert cells(Measure.INCOME, office="office-2") & out_of_date(FACT, moved, [], [INCOME]) == set()


def reading(kind: KeyKind, window: int = 1) -> Reading:
    return Reading(Cell(Measure.INCOME, kind, "office-1", (HOUR, DAY)[window]), Figure.INCOME_RIAL, 2_000_000.0, 5)


def test_a_days_income_is_compared_with_a_thirtieth_of_the_month() -> None:
    compared = compared_with_expected(reading(KeyKind.OFFICE), Expectation(30_000_000, generated=True))
    assert compared is not None
    assert compared.value == 2.0
    assert compared.rests_on_generated


def test_only_a_days_income_of_an_office_with_an_expectation_is_compared() -> None:
    expected = Expectation(30_000_000, generated=False)
    assert compared_with_expected(reading(KeyKind.OFFICE, 0), expected) is None
    assert compared_with_expected(reading(KeyKind.COUNTY), expected) is None
    assert compared_with_expected(reading(KeyKind.OFFICE), None) is None
    assert compared_with_expected(reading(KeyKind.OFFICE), Expectation(0, generated=True)) is None
