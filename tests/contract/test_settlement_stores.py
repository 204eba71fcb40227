"""Settlement's stores, in memory and on a real database."""

from collections.abc import Iterator

import pytest

from consumers.requests.domain.loads.loads import Load
from consumers.settlement.ports import OfficeChange, SettlementStores
from tests.contract.settlement_stores import SettlementStoresContract
from tests.contract.worlds import World


class TestSettlementStores(SettlementStoresContract):
    @pytest.fixture
    def stores(self, world: World) -> Iterator[SettlementStores]:
        with world.client("a").settlement() as stores:
            yield stores


#: Two Jalali months, one after the other.
ABAN, AZAR = 140508, 140509


def load_after(world: World, *changes: OfficeChange) -> Load:
    """Return what an office carries after `changes`, each in a transaction of its own."""
    world.license("office-1", 1_000_000)
    client = world.client("a")
    for change in changes:
        with client.settlement() as stores:
            stores.loads.move([change])
    with client.requests() as stores:
        return stores.positions.read()[1]["office-1"].load


def test_an_income_stays_when_the_office_pays_or_gives_late_cash_back(world: World) -> None:
    earned = OfficeChange("office-1", 0, 21_000, AZAR)
    paid, late = OfficeChange("office-1", -5_000, 0, 0), OfficeChange("office-1", -700, 0, 0, -700)
    load = load_after(world, earned, paid, late)
    assert (load.income_month, load.income_rial) == (AZAR, 21_000)
    assert (load.reserved_rial, load.late_cash_rial) == (5_700, 700)


def test_incomes_of_one_month_add_up_a_newer_month_displaces_and_an_older_one_is_too_late(world: World) -> None:
    incomes = [(9_000, ABAN), (21_000, AZAR), (-1_000, AZAR), (5_000, ABAN)]
    load = load_after(world, *(OfficeChange("office-1", 0, rial, month) for rial, month in incomes))
    assert (load.income_month, load.income_rial) == (AZAR, 20_000)
