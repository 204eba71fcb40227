"""Over random rings: the draw stays in the nearest with room, fairly; and without rings it is the draw of before."""

from bisect import bisect_right
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from consumers.requests.domain.loads.loads import Load, Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex, Ring, RingCut
from consumers.requests.domain.routing.rings import nearest_with_room
from consumers.requests.domain.routing.sampling import two_places
from consumers.requests.domain.routing.seeds import Draws
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT

OFFICES = 12
RINGS_M = (4_000, 8_000, 16_000, 32_000)


@st.composite
def views(draw: st.DrawFn, rings: bool = True) -> RegistryView:
    """A town with offices at random distances up to the limit, under a policy with rings or without."""
    held = [
        builders.office(
            f"office-{number}",
            daily_capacity=draw(st.integers(1, 9)),
            latitude=37.475 + draw(st.integers(0, 40)) / 100,
        )
        for number in range(draw(st.integers(1, OFFICES)))
    ]
    chosen_m = draw(st.lists(st.sampled_from(RINGS_M), unique=True, max_size=4).map(sorted))
    free_per_mille = draw(st.sampled_from([0, 1, 200, 500, 1000]))
    changes = {"rings_m": tuple(chosen_m), "ring_free_per_mille": free_per_mille} if rings else {}
    base: list[builders.Registrable] = [
        builders.territory(),
        builders.policy(**changes),
        builders.service(),
        builders.agreement(),
    ]
    return RegistryView.empty().with_entries(builders.entries([*base, *held]))


def ring_of(view: RegistryView) -> Ring:
    index = view.made_at(MOMENT, CandidateIndex)
    service, city = index.service(builders.SERVICE), index.snapshot.city("bojnord")
    assert service is not None
    assert city is not None
    return index.ring(service, city)


in_flights = st.lists(st.integers(0, 9), min_size=OFFICES, max_size=OFFICES)
seeds = st.binary(min_size=16, max_size=16)


def rest_and_free(view: RegistryView, in_flight: list[int], barred: int) -> tuple[int, list[int]]:
    """Who is left once the full and the `barred` are out, and every office's free places."""
    loads = Loads(0, {f"office-{number}": Load(count, 0, 0) for number, count in enumerate(in_flight)})
    masks = loads.masks(view.made_at(MOMENT, CandidateIndex).limits)
    return ring_of(view).mask & ~masks.full & ~barred, masks.free


def nearest_by_the_book(view: RegistryView, rest: int, free: list[int]) -> tuple[int, set[int]]:
    """The rule in its own words: ring after ring, whose places are free, and who may deliver there."""
    ring, policy = ring_of(view), view.at(MOMENT).policy
    assert policy is not None
    for limit_m in (*policy.rings_m, policy.distance_limit_m):
        within = [place for place, metres in enumerate(ring.distances_m) if metres <= limit_m]
        left = {place for place in within if rest >> ring.offices[place].ordinal & 1}
        capacity = sum(ring.offices[place].office.daily_capacity for place in within)
        places = sum(free[ring.offices[place].ordinal] for place in left)
        last = len(within) == len(ring.offices)
        if left and (last or 1000 * places >= max(1, policy.ring_free_per_mille * capacity)):
            return limit_m, left
    raise AssertionError("somebody is left within the limit")


@given(views(), in_flights, st.integers(0, 2**OFFICES - 1), seeds)
def test_the_draw_never_leaves_the_nearest_ring_with_enough_free_places(
    view: RegistryView, in_flight: list[int], barred: int, seed: bytes
) -> None:
    rest, free = rest_and_free(view, in_flight, barred)
    if not rest:
        return
    ring = ring_of(view)
    cut = nearest_with_room(ring, rest, free)
    limit_m, left = nearest_by_the_book(view, rest, free)
    drawn = two_places(ring, cut, rest, seed)
    assert set(drawn) <= left
    assert len(drawn) == min(2, len(left))
    assert {place for place in range(cut.end) if rest >> ring.offices[place].ordinal & 1} == left
    if cut.limit_m is not None:
        assert cut.limit_m == limit_m


@given(views(), in_flights, st.integers(0, 2**OFFICES - 1))
def test_every_candidate_of_the_ring_gets_its_capacitys_share(
    view: RegistryView, in_flight: list[int], barred: int
) -> None:
    rest, free = rest_and_free(view, in_flight, barred)
    if not rest:
        return
    ring = ring_of(view)
    cut = nearest_with_room(ring, rest, free)
    left = {place: ring.offices[place].office.daily_capacity for place in nearest_by_the_book(view, rest, free)[1]}
    drawn = [two_places(ring, cut, rest, number.to_bytes(16, "big"))[0] for number in range(300)]
    total = sum(left.values())
    for place, capacity in left.items():
        expected = 300 * capacity / total
        # Six standard deviations: with fixed seeds and some thousand shares no fair draw lies outside.
        allowed = 6 * (expected * (1 - capacity / total)) ** 0.5 + 1
        assert abs(drawn.count(place) - expected) <= allowed


def draw_of_before(ring: Ring, rest: int, draws: Draws) -> int:
    """The draw of the first build, word for word: recorded decisions rest on it."""
    weights, offices = ring.weights, ring.offices
    total = weights[-1]
    for _ in range(12):
        place = bisect_right(weights, draws.below(total))
        if rest >> offices[place].ordinal & 1:
            return place
    places = [place for place, facts in enumerate(offices) if rest >> facts.ordinal & 1]
    left = list(accumulate(offices[place].office.daily_capacity for place in places))
    return places[bisect_right(left, draws.below(left[-1]))]


@given(views(rings=False), in_flights, st.integers(0, 2**OFFICES - 1), seeds)
def test_without_rings_the_draw_is_that_of_before(
    view: RegistryView, in_flight: list[int], barred: int, seed: bytes
) -> None:
    rest, free = rest_and_free(view, in_flight, barred)
    if not rest:
        return
    ring = ring_of(view)
    cut = nearest_with_room(ring, rest, free)
    assert cut == RingCut(None, len(ring.offices), ring.mask, 1)
    draws = Draws(seed)
    first = draw_of_before(ring, rest, draws)
    others = rest ^ 1 << ring.offices[first].ordinal
    before = (first, draw_of_before(ring, others, draws)) if others else (first,)
    assert two_places(ring, cut, rest, seed) == before
