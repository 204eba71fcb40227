"""What the stores of requests and registry promise, one by one."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from consumers.intake import Unreadable
from consumers.parking import NEVER, ParkedEvent, ParkReason
from consumers.registry.domain.known import EntryKind
from consumers.requests.domain.acts import ActKey
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.domain.loads.loads import Load, PositionChange
from consumers.requests.horizon import Horizon
from consumers.runner.errors import Collision
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Move, Partition
from tests.contract.worlds import Client, World
from tests.kit.values.builders import MOMENT, SERVICE, office, small_province
from tests.kit.values.claims import intake_record
from tests.kit.values.requests_world import at

#: A request at every stage, each with an id of its own.
REQUESTS = [
    at(stage).model_copy(update={"request_id": UUID(int=number + 1)})
    for number, stage in enumerate(RequestStage, start=1)
]
IDS = {state.request_id for state in REQUESTS}


def insert(client: Client, *states: RequestState) -> None:
    with client.requests() as stores:
        stores.requests.insert(states, MOMENT)


def due(client: Client, now: datetime, limit: int = 100) -> list[UUID]:
    with client.requests() as stores:
        return list(stores.requests.lock_due(Horizon(now, now), limit))


def timed(number: int, seconds: int | None) -> RequestState:
    """Return a routed request whose timer falls due so many seconds after `MOMENT`."""
    accept_by = None if seconds is None else MOMENT + timedelta(seconds=seconds)
    return at(RequestStage.ROUTED).model_copy(update={"request_id": UUID(int=number), "accept_by": accept_by})


def test_every_state_comes_back_as_it_was_written(world: World) -> None:
    client = world.client("a")
    insert(client, *REQUESTS)
    with client.requests() as stores:
        assert stores.requests.lock(IDS | {UUID(int=999)}) == {state.request_id: state for state in REQUESTS}
    with client.requests() as stores:
        assert stores.requests.lock_free(IDS) == {state.request_id: state for state in REQUESTS}


def test_states_are_locked_in_the_order_of_their_ids(world: World) -> None:
    client = world.client("a")
    insert(client, *reversed(REQUESTS))
    with client.requests() as stores:
        assert list(stores.requests.lock(IDS)) == sorted(IDS)


def test_what_is_written_again_replaces_what_was(world: World) -> None:
    client = world.client("a")
    insert(client, timed(1, 10))
    with client.requests() as stores:
        [state] = stores.requests.lock({UUID(int=1)}).values()
        stores.requests.update([state.model_copy(update={"version": 9})], MOMENT)
    with client.requests() as stores:
        assert stores.requests.lock({UUID(int=1)})[UUID(int=1)].version == 9


def test_a_request_cannot_be_new_twice(world: World) -> None:
    client = world.client("a")
    insert(client, timed(1, 10))
    with pytest.raises(Collision):
        insert(client, timed(2, 10), timed(1, 20))
    with client.requests() as stores:
        assert list(stores.requests.lock({UUID(int=1), UUID(int=2)})) == [UUID(int=1)], "all of a batch or nothing"


def test_timers_are_found_when_they_are_due_the_earliest_first(world: World) -> None:
    client = world.client("a")
    insert(client, timed(1, 30), timed(2, 10), timed(3, 20), timed(4, None), timed(5, 31))
    assert due(client, MOMENT) == []
    assert due(client, MOMENT + timedelta(seconds=30)) == [UUID(int=2), UUID(int=3), UUID(int=1)]
    assert due(client, MOMENT + timedelta(seconds=30), limit=1) == [UUID(int=2)]


def test_a_timer_that_rests_is_due_later_until_the_request_is_written(world: World) -> None:
    client = world.client("a")
    insert(client, timed(1, 10), timed(2, 500))
    with client.requests() as stores:
        for number in (1, 2):
            stores.requests.rest(UUID(int=number), MOMENT + timedelta(seconds=100))
    assert due(client, MOMENT + timedelta(seconds=99)) == []
    assert due(client, MOMENT + timedelta(seconds=100)) == [UUID(int=1)]
    with client.requests() as stores:
        stores.requests.update([timed(1, 20)], MOMENT)
    assert due(client, MOMENT + timedelta(seconds=20)) == [UUID(int=1)]


def test_loads_add_up_and_every_change_has_a_growing_revision(world: World) -> None:
    client = world.client("a")
    for code in ("office-1", "office-2"):
        world.license(code, 1_000)
    with client.requests() as stores:
        first, positions = stores.positions.read()
        assert {code: (one.load, one.cap_rial) for code, one in positions.items()} == {
            "office-1": (Load(0, 0, 0), 1_000),
            "office-2": (Load(0, 0, 0), 1_000),
        }
    for change in (PositionChange("office-1", 2, 300), PositionChange("office-1", -1, -100)):
        with client.requests() as stores:
            stores.positions.change([change], {})
    with client.requests() as stores:
        revision = stores.positions.change([PositionChange("office-1", 0, 5), PositionChange("office-2", 1)], {})
        assert stores.positions.read()[0] == revision == first + 3
        assert [one.load for one in stores.positions.read()[1].values()] == [Load(1, 205, 0), Load(1, 0, 0)]


def test_places_on_agencies_shares_add_up_and_vanish_at_zero(world: World) -> None:
    for code in ("office-1", "office-2", "office-3"):
        world.license(code, 1_000)
    changes = (
        [PositionChange("office-1", 3, steered=(("gas", 2), ("water", 1))), PositionChange("office-2", 1)],
        [PositionChange("office-1", 0, steered=(("gas", -2), ("post", 2)))],
        [
            PositionChange("office-1", 1, 5, steered=(("post", 1),)),
            PositionChange("office-3", 1, steered=(("gas", 1),)),
        ],
        [PositionChange("office-1", 0, 7), PositionChange("office-3", -1, steered=(("gas", -1),))],
    )
    for some in changes:
        with world.client("a").requests() as stores:
            stores.positions.change(some, {})
    with world.client("a").requests() as stores:
        loads = {office: one.load for office, one in stores.positions.read()[1].items()}
    assert loads == {
        "office-1": Load(4, 12, 0, 0, (("post", 3), ("water", 1))),
        "office-2": Load(1, 0, 0),
        "office-3": Load(0, 0, 0),
    }


def test_of_what_waits_for_one_request_only_what_is_named_goes(world: World) -> None:
    client = world.client("a")
    with client.requests() as stores:
        for number in range(3):
            record = intake_record(f"e-{number}", position=number)
            stores.park.park([ParkedEvent("k", ParkReason.PREDECESSOR, "too early", record, NEVER)])
        _, second, _ = stores.park.of_keys(["k"])
        stores.park.remove([second.id])
    with client.requests() as stores:
        first, third = stores.park.of_keys(["k"])
        assert (first.event.record.position, third.event.record.position) == (0, 2)


def test_acts_happen_once(world: World) -> None:
    client = world.client("a")
    fine, lifted = ActKey("fine", "1"), ActKey("fine_lifted", "1")
    with client.requests() as stores:
        stores.acts.record({fine: "office-1 5"})
    with client.requests() as stores:
        assert stores.acts.known([fine, lifted]) == {fine: "office-1 5"}
    with pytest.raises(Collision), client.requests() as stores:
        stores.acts.record({lifted: "", fine: "another"})
    with client.requests() as stores:
        assert stores.acts.known([fine, lifted]) == {fine: "office-1 5"}


def test_versions_have_one_growing_order_that_requests_follow(world: World) -> None:
    client = world.client("a")
    entries = small_province()
    with client.registry() as stores:
        assert stores.versions.lock_head() == 0
        stores.versions.append(entries[:3])
        stores.versions.append([])
    with client.registry() as stores:
        assert stores.versions.lock_head() == 3
        stores.versions.append(entries[3:])
        assert stores.versions.head() == len(entries)
    with client.requests() as stores:
        assert stores.registry.head_and_time()[0] == len(entries)
        assert stores.registry.since(0) == entries
        assert stores.registry.since(3) == entries[3:]


def test_what_the_registry_knows_is_found_by_subject_and_by_kind(world: World) -> None:
    client = world.client("a")
    entries = small_province()
    with client.registry() as stores:
        stores.versions.append(entries)
    with client.registry() as stores:
        found = stores.versions.known({(EntryKind.SERVICE, SERVICE), (EntryKind.SERVICE, "none")}, [EntryKind.POLICY])
        assert [type(entry).__name__ for entry in found] == ["PolicyVersioned", "ServiceVersioned"]
        assert stores.versions.known([], []) == []


def test_limits_are_set_beside_what_an_office_carries(world: World) -> None:
    client = world.client("a")
    world.license("office-1", 1)
    with client.requests() as stores:
        stores.positions.change([PositionChange("office-1", 1, 300)], {})
    with client.registry() as stores:
        stores.limits.put([office("office-2"), office("office-1", prepaid_rial=4, net_debit_cap_rial=5)])
        stores.limits.put([])
    with client.requests() as stores:
        positions = stores.positions.read()[1]
    assert (positions["office-1"].load, positions["office-1"].cap_rial) == (Load(1, 300, 0), 9)
    assert (positions["office-2"].load, positions["office-2"].cap_rial) == (Load(0, 0, 0), 10_000_000)


def test_how_far_the_registry_has_read_is_known(world: World) -> None:
    client = world.client("a")
    with client.requests() as stores:
        assert stores.registry.positions() == {}
    leases, work = client.worker("registry")
    where = Partition("pishkhan.intake.water", "id-1", 0)
    leases.hold([where])
    with work.transaction() as (positions, _):
        positions.advance([Move(where, 0, 5)])
    with client.requests() as stores:
        assert stores.registry.positions() == {"pishkhan.intake.water/0": 5}


def test_a_dead_letter_is_kept_once_per_consumer_and_place_and_body(world: World) -> None:
    client = world.client("a")
    record = intake_record("e-1", position=7)
    letter = Unreadable(record, DeadLetterReason.MALFORMED, "body", "is not JSON; send UTF-8 JSON")
    elsewhere = Unreadable(replace(record, position=8), letter.reason, letter.field, letter.detail)
    anew = Unreadable(replace(record, value=b"other"), letter.reason, letter.field, letter.detail)
    with client.requests() as stores:
        assert stores.dead_letters.add("requests", [letter]) == [letter]
    with client.requests() as stores:
        assert stores.dead_letters.add("requests", [letter, elsewhere]) == [elsewhere]
        assert stores.dead_letters.add("requests", [anew]) == [anew]
        assert stores.dead_letters.add("registry", [letter]) == [letter]
        assert stores.dead_letters.add("registry", []) == []


def test_an_attempt_that_fails_is_undone_alone(world: World) -> None:
    client = world.client("a")
    with client.requests() as stores:
        stores.requests.insert([timed(1, 10)], MOMENT)
        with suppress(ZeroDivisionError), stores.attempt():
            stores.requests.insert([timed(2, 10)], MOMENT)
            raise ZeroDivisionError
        with pytest.raises(Collision), stores.attempt():
            stores.requests.insert([timed(1, 10)], MOMENT)
        with stores.attempt():
            stores.requests.insert([timed(3, 10)], MOMENT)
    assert due(client, MOMENT + timedelta(days=1)) == [UUID(int=1), UUID(int=3)]
