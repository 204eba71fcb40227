"""Two transactions at once: what is locked, who waits for whom, and what each sees of the other."""

from contextlib import suppress
from uuid import UUID

import pytest

from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.domain.loads.loads import Load, PositionChange
from consumers.requests.horizon import Horizon
from consumers.runner.errors import Collision, Contention
from consumers.settlement.ports import OfficeChange
from tests.contract.worlds import World
from tests.kit.values.builders import MOMENT, office, small_province
from tests.kit.values.requests_world import at

FIRST, SECOND = (
    at(RequestStage.ROUTED).model_copy(update={"request_id": UUID(int=number), "accept_by": MOMENT})
    for number in (1, 2)
)
BOTH = {FIRST.request_id, SECOND.request_id}


@pytest.fixture
def known(world: World) -> None:
    with world.client("before").requests() as stores:
        stores.requests.insert([FIRST, SECOND], MOMENT)
    for code in ("office-1", "office-2"):
        world.license(code, 1_000)


@pytest.mark.usefixtures("known")
def test_what_is_not_committed_is_seen_by_nobody_else(world: World) -> None:
    with world.client("a").requests() as mine:
        mine.requests.update([changed(FIRST)], MOMENT)
        with world.client("b").requests() as theirs:
            assert theirs.requests.lock({SECOND.request_id}) == {SECOND.request_id: SECOND}
            assert theirs.positions.read()[0] == mine.positions.read()[0]
        mine.positions.change([PositionChange("office-1", 1)], {})
        with world.client("b").requests() as theirs:
            assert theirs.positions.read()[1]["office-1"].load == Load(0, 0, 0)
            assert mine.positions.read()[1]["office-1"].load == Load(1, 0, 0)


def changed(state: RequestState) -> RequestState:
    return state.model_copy(update={"version": 99})


@pytest.mark.usefixtures("known")
def test_a_locked_request_is_waited_for_and_passed_over_by_those_who_never_wait(world: World) -> None:
    with world.client("a").requests() as mine:
        mine.requests.lock({FIRST.request_id})
        with pytest.raises(Contention), world.client("b").requests() as theirs:
            theirs.requests.lock(BOTH)
        with world.client("b").requests() as theirs:
            assert list(theirs.requests.lock_free(BOTH)) == [SECOND.request_id]
        with world.client("b").requests() as theirs:
            assert list(theirs.requests.lock_due(Horizon(MOMENT, MOMENT), 10)) == [SECOND.request_id]


@pytest.mark.usefixtures("known")
def test_a_lock_ends_with_its_transaction_however_that_ends(world: World) -> None:
    with suppress(ZeroDivisionError), world.client("a").requests() as mine:
        mine.requests.lock(BOTH)
        mine.requests.update([changed(FIRST)], MOMENT)
        raise ZeroDivisionError
    with world.client("b").requests() as theirs:
        assert theirs.requests.lock(BOTH) == {FIRST.request_id: FIRST, SECOND.request_id: SECOND}


@pytest.mark.usefixtures("known")
def test_the_load_clock_lets_one_at_a_time_change_loads_and_all_others_read(world: World) -> None:
    with world.client("a").requests() as mine:
        mine.positions.change([PositionChange("office-1", 1)], {})
        with world.client("b").requests() as theirs:
            assert theirs.positions.read()[1]["office-1"].load == Load(0, 0, 0)
        with pytest.raises(Contention), world.client("b").requests() as theirs:
            theirs.positions.change([PositionChange("office-2", 1)], {})
        with pytest.raises(Contention), world.client("b").settlement() as ledger:
            ledger.loads.move([OfficeChange("office-2", 1, 0, 0)])
        with pytest.raises(Contention), world.client("b").registry() as registry:
            registry.limits.put([office("office-2")])


@pytest.mark.usefixtures("known")
def test_what_others_reserve_after_the_loads_were_read_counts_against_the_cap(world: World) -> None:
    caps_rial = {"office-1": 1_000}
    with world.client("a").requests() as mine:
        assert mine.positions.read()[1]["office-1"].load.reserved_rial == 0
        with world.client("b").requests() as theirs:
            theirs.positions.change([PositionChange("office-1", 1, 700)], caps_rial)
        with pytest.raises(Contention) as met, mine.attempt():
            mine.positions.change([PositionChange("office-1", 1, 301), PositionChange("office-2", 1)], caps_rial)
    assert not isinstance(met.value, Collision), "the same batch, done again, sees what the others did"
    with world.client("a").requests() as mine:
        assert mine.positions.read()[1]["office-1"].load == Load(1, 700, 0)
        assert mine.positions.read()[1]["office-2"].load == Load(0, 0, 0)
        mine.positions.change([PositionChange("office-1", 1, 300), PositionChange("office-2", 1)], caps_rial)
        assert mine.positions.read()[1]["office-1"].load == Load(2, 1_000, 0)


@pytest.mark.usefixtures("known")
def test_nothing_is_reserved_beyond_a_cap_of_now_or_the_one_that_was_decided_under(world: World) -> None:
    client = world.client("a")
    with client.registry() as stores:
        stores.limits.put([office("office-1", prepaid_rial=0, net_debit_cap_rial=500)])
    for caps_rial, reserved_rial in (({"office-1": 1_000}, 501), ({"office-1": 400}, 401)):
        with pytest.raises(Contention), client.requests() as stores:
            stores.positions.change([PositionChange("office-1", 0, reserved_rial)], caps_rial)
    with client.requests() as stores:
        stores.positions.change([PositionChange("office-1", 0, 500)], {"office-1": 1_000})
    with client.registry() as stores:
        stores.limits.put([office("office-1", prepaid_rial=0, net_debit_cap_rial=100)])
    with client.requests() as stores:
        # Nothing is reserved by this, so the lowered cap forbids nothing.
        stores.positions.change([PositionChange("office-1", 1)], {})
        assert stores.positions.read()[1]["office-1"].load == Load(1, 500, 0)


def test_what_somebody_else_is_adding_is_waited_for(world: World) -> None:
    with world.client("a").requests() as mine:
        mine.requests.insert([FIRST], MOMENT)
        with world.client("b").requests() as theirs:
            assert theirs.requests.lock({FIRST.request_id}) == {}, "it is not there yet"
        with pytest.raises(Contention) as met, world.client("b").requests() as theirs:
            theirs.requests.insert([FIRST], MOMENT)
        assert not isinstance(met.value, Collision), "whether it will be there is not known yet"
    with pytest.raises(Collision), world.client("b").requests() as theirs:
        theirs.requests.insert([FIRST], MOMENT)


def test_the_registrys_head_is_locked_by_one_and_read_by_all(world: World) -> None:
    with world.client("a").registry() as mine:
        mine.versions.lock_head()
        mine.versions.append(small_province()[:1])
        with world.client("b").requests() as theirs:
            assert theirs.registry.head_and_time()[0] == 0
        with pytest.raises(Contention), world.client("b").registry() as other:
            other.versions.lock_head()
    with world.client("b").registry() as other:
        assert other.versions.lock_head() == 1


def test_pages_are_opened_by_one_at_a_time(world: World) -> None:
    with world.client("a").settlement() as mine:
        mine.ledger.open([2, 3])
        with pytest.raises(Contention), world.client("b").settlement() as theirs:
            theirs.ledger.open([3])
        with world.client("b").settlement() as theirs:
            assert list(theirs.ledger.open([4, 1])) == [1, 4]


def test_windows_are_closed_by_one_at_a_time(world: World) -> None:
    with world.client("a").settlement() as mine:
        mine.windows.lock()
        with pytest.raises(Contention), world.client("b").settlement() as theirs:
            theirs.windows.lock()


@pytest.mark.usefixtures("known")
def test_an_attempt_that_fails_gives_its_locks_back(world: World) -> None:
    with world.client("a").requests() as mine:
        mine.requests.lock({SECOND.request_id})
        with suppress(ZeroDivisionError), mine.attempt():
            mine.requests.lock({FIRST.request_id})
            raise ZeroDivisionError
        with world.client("b").requests() as theirs:
            assert list(theirs.requests.lock_free(BOTH)) == [FIRST.request_id]
