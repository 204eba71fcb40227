"""Positions as both consumers write them: what is read is what the changes add up to, within the caps."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from connectors.database.requests.office_positions import PositionStore
from connectors.database.settlement.ledger import LoadsStore
from consumers.requests.domain.loads.loads import NOTHING, Load, Loads, PositionChange
from consumers.runner.errors import Contention
from consumers.settlement.ports import OfficeChange
from tests.kit.on_sql.databases import scalar, wait_until
from tests.kit.on_sql.settlement import license_office

pytestmark = pytest.mark.integration

AZAR, DEY = 140509, 140510
#: Settlement's batches in their order: reservations freed, income of one month, of the next, and some that comes late.
EARNED = (
    [OfficeChange("a", 4_000, 21_000, AZAR), OfficeChange("b", 0, 1_200, AZAR)],
    [OfficeChange("a", 0, -7_000, AZAR), OfficeChange("b", 1_000, 0, 0)],
    [OfficeChange("a", 500, 9_000, DEY)],
    [OfficeChange("a", 0, 5_000, AZAR), OfficeChange("b", 0, -300, DEY)],
    [OfficeChange("a", -200, -1_000, DEY)],
)


def test_a_position_holds_the_income_of_its_newest_month(engine: Engine) -> None:
    with engine.begin() as connection:
        for office in ("a", "b", "idle"):
            license_office(connection, office, cap_rial=10**6, reserved_rial=10**5)
    expected = Loads(0, {office: Load(0, 10**5, 0) for office in ("a", "b", "idle")})
    for changes in EARNED:
        with engine.begin() as connection:
            revision = LoadsStore(connection).move(changes)
            requested = [PositionChange("a", 1, 300), PositionChange("b", 2, 0)]
            assert PositionStore(connection).change(requested, {"a": 10**6}) == revision + 1
        for office, released_rial, income_rial, month, _ in changes:
            expected.apply(PositionChange(office, 0, -released_rial, income_rial, month))
        for change in requested:
            expected.apply(change)
        with engine.begin() as connection:
            seen, positions = PositionStore(connection).read()
        assert seen == revision + 1
        assert {office: row.load for office, row in positions.items()} == {
            office: expected.of(office) for office in ("a", "b", "idle")
        }
    assert positions["idle"].load == NOTHING._replace(reserved_rial=10**5)
    assert (positions["a"].load.income_in(AZAR), positions["a"].load.income_in(DEY)) == (0, 8_000)


def test_the_caps_are_compared_after_the_wait_for_the_clock(engine: Engine) -> None:
    caps_rial = {"a": 1_000}
    with engine.begin() as connection:
        license_office(connection, "a", cap_rial=1_000)

    def accept(reserved_rial: int) -> None:
        with engine.begin() as mine:
            PositionStore(mine).change([PositionChange("a", 1, reserved_rial)], caps_rial)

    with ThreadPoolExecutor(1) as beside:
        with engine.begin() as theirs:
            PositionStore(theirs).change([PositionChange("a", 1, 700)], caps_rial)
            waiting = beside.submit(accept, 301)
            # Whoever waits for a row waits for the transaction that has it. What backends do is not seen anew in here.
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
            wait_until(lambda: scalar(theirs, query) == 1, "the second waits for the clock")
        with pytest.raises(Contention):
            waiting.result()
    accept(300)
    with engine.begin() as connection:
        assert PositionStore(connection).read()[1]["a"].load == Load(2, 1_000, 0)


def test_late_cash_is_reserved_beyond_the_cap_and_bars_what_is_reserved_under_it(engine: Engine) -> None:
    with engine.begin() as connection:
        license_office(connection, "a", cap_rial=1_000)
        # Within one batch an acceptance before it still counts, and the late cash does not count against the cap.
        changes = [PositionChange("a", 1, 1_000 + 5_000, late_cash_rial=5_000)]
        PositionStore(connection).change(changes, {"a": 1_000})
    with engine.begin() as connection:
        assert PositionStore(connection).read()[1]["a"].load == Load(1, 6_000, 0, late_cash_rial=5_000)
    with pytest.raises(Contention), engine.begin() as connection:
        PositionStore(connection).change([PositionChange("a", 1, -900)], {"a": 1_000})
    with engine.begin() as connection:
        PositionStore(connection).change([PositionChange("a", 0, 300, late_cash_rial=300)], {})
        LoadsStore(connection).move([OfficeChange("a", 5_500, 0, 0, 5_300)])
    with engine.begin() as connection:
        assert PositionStore(connection).read()[1]["a"].load == Load(1, 800, 0)
        PositionStore(connection).change([PositionChange("a", 1, 200)], {"a": 1_000})
