"""How far a draw looks: the nearest ring with enough free places, and only then the next one."""

from typing import Any

import pytest

from consumers.requests.domain.loads.loads import Load, Loads, PositionChange
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex, Ring
from consumers.requests.domain.routing.rings import nearest_with_room
from consumers.requests.domain.routing.route import route
from schemas.intake_agency import Origin
from schemas.log_requests import Decision, Exclusion
from schemas.offices import Office
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT, SERVICE
from tests.unit.consumers.requests.domain.routing_cases import SEED, request, routed

#: About 3.2, 9.2 and 27 km of road north of the middle of Bojnord, by latitude.
NEAR, MIDDLE, FAR = 37.4967, 37.5387, 37.6620
RINGS = {"rings_m": (5_000, 10_000, 20_000), "ring_free_per_mille": 500}


def office(code: str, latitude: float, capacity: int = 10, **changes: Any) -> Office:
    return builders.office(code, latitude=latitude, daily_capacity=capacity, **changes)


TOWN = (office("near-1", NEAR), office("near-2", NEAR), office("middle", MIDDLE, 20), office("far", FAR))


def view_of(*offices: Office, **policy: Any) -> RegistryView:
    base: list[builders.Registrable] = [builders.territory(), builders.policy(**policy)]
    things = [*base, builders.service(), builders.agreement(), *offices]
    return RegistryView.empty().with_entries(builders.entries(things))


def ring_of(view: RegistryView) -> Ring:
    index = view.made_at(MOMENT, CandidateIndex)
    service, city = index.service(SERVICE), index.snapshot.city("bojnord")
    assert service is not None
    assert city is not None
    return index.ring(service, city)


def decided(view: RegistryView, /, tried: tuple[str, ...] = (), **in_flight: int) -> Decision:
    loads = Loads(7, {code.replace("_", "-"): Load(count, 0, 0) for code, count in in_flight.items()})
    return routed(route(request(), view, loads, SEED, tried=tried)).decision


def test_the_cuts_of_a_ring_hold_other_offices_each_and_the_last_holds_all() -> None:
    ring = ring_of(view_of(*TOWN, **RINGS))
    assert [(cut.limit_m, cut.end, cut.places_needed) for cut in ring.cuts] == [
        (5_000, 2, 10),
        (10_000, 3, 20),
        # Within 20 km there is nobody else, and the last one is taken with whatever is free.
        (60_000, 4, 1),
    ]
    assert [cut.mask.bit_count() for cut in ring.cuts] == [2, 3, 4]


def test_a_ring_that_holds_everybody_is_the_last() -> None:
    ring = ring_of(view_of(*TOWN[:2], **RINGS))
    assert [(cut.limit_m, cut.places_needed) for cut in ring.cuts] == [(5_000, 1)]


def test_rings_beyond_the_limit_are_none() -> None:
    ring = ring_of(view_of(*TOWN, rings_m=(5_000, 60_000, 70_000)))
    assert [cut.limit_m for cut in ring.cuts] == [5_000, 60_000]


def test_where_nobody_is_within_reach_there_is_no_cut() -> None:
    assert ring_of(view_of(builders.office("out", city="faruj"), **RINGS)).cuts == ()


def test_the_share_that_must_be_free_is_rounded_up() -> None:
    ring = ring_of(view_of(office("near", NEAR, 3), office("far", FAR), rings_m=(5_000,), ring_free_per_mille=500))
    assert ring.cuts[0].places_needed == 2


@pytest.mark.parametrize(
    ("in_flight", "ring_m", "candidates"),
    [
        ({}, 5_000, 2),
        ({"near_1": 5, "near_2": 5}, 5_000, 2),
        # Ten of twenty places must be free; nine are.
        ({"near_1": 5, "near_2": 6}, 10_000, 3),
        ({"near_1": 10, "near_2": 1}, 10_000, 2),
        ({"near_1": 5, "near_2": 6, "middle": 9}, 10_000, 3),
        ({"near_1": 5, "near_2": 6, "middle": 10}, 60_000, 4),
        ({"near_1": 10, "near_2": 10, "middle": 20}, 60_000, 1),
        # A desk may take more than its capacity, which nobody else can make up for.
        ({"near_1": 30}, 5_000, 1),
    ],
)
def test_the_draw_widens_only_when_too_little_is_free(in_flight: dict[str, int], ring_m: int, candidates: int) -> None:
    decision = decided(view_of(*TOWN, **RINGS), (), **in_flight)
    assert (decision.ring_m, decision.ring_candidates) == (ring_m, candidates)
    assert all(sample.distance_m <= ring_m for sample in decision.samples)
    assert len(decision.samples) == min(2, candidates)


def test_without_a_share_one_free_place_is_enough() -> None:
    view = view_of(*TOWN, rings_m=(5_000, 10_000))
    assert decided(view, near_1=10, near_2=9).ring_m == 5_000
    assert decided(view, near_1=10, near_2=10).ring_m == 10_000


def test_offices_that_cannot_have_it_give_no_room() -> None:
    closed = office("near-2", NEAR, hours=())
    decision = decided(view_of(TOWN[0], closed, *TOWN[2:], **RINGS), near_1=1)
    assert decision.excluded == {Exclusion.HOURS: 1}
    assert (decision.ring_m, decision.ring_candidates, decision.candidates) == (10_000, 2, 3)
    assert decided(view_of(*TOWN, **RINGS), ("near-1", "near-2")).ring_m == 10_000


def test_a_policy_without_rings_says_nothing_of_them() -> None:
    decision = decided(view_of(*TOWN))
    assert (decision.ring_m, decision.ring_candidates, decision.candidates) == (None, None, 4)


def test_a_chosen_office_is_of_no_ring() -> None:
    asked = request(Origin.CITIZEN_CHOICE, "far")
    decision = routed(route(asked, view_of(*TOWN, **RINGS), Loads(7, {}), SEED)).decision
    assert (decision.office, decision.ring_m, decision.ring_candidates) == ("far", None, None)


def test_free_places_follow_the_loads() -> None:
    view = view_of(*TOWN, **RINGS)
    loads, limits = Loads(7, {}), view.made_at(MOMENT, CandidateIndex).limits
    ring = ring_of(view)
    assert nearest_with_room(ring, ring.mask, loads.masks(limits).free).limit_m == 5_000
    loads.apply(PositionChange("near-1", in_flight=11))
    assert loads.masks(limits).free[limits["near-1"].ordinal] == -1
    assert nearest_with_room(ring, ring.mask, loads.masks(limits).free).limit_m == 10_000
    loads.apply(PositionChange("near-1", in_flight=-1))
    assert nearest_with_room(ring, ring.mask, loads.masks(limits).free).limit_m == 5_000
