"""Two seeded draws, weighted by capacity, and their scores in whole numbers: the lower one wins.

Why not the least loaded of all: loads are always a little stale, and everybody would run to one office.
"""

from bisect import bisect_right
from itertools import accumulate

from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.snapshot import OfficeFacts
from consumers.requests.domain.routing.candidates import Ring, RingCut
from consumers.requests.domain.routing.seeds import Draws
from schemas.log_requests import Sample
from schemas.policy import Policy
from schemas.trusted import trusted

#: How often an excluded office may be drawn before the remaining candidates are listed and drawn from exactly.
DRAWS_MAX = 12


def two_places(ring: Ring, cut: RingCut, rest: int, seed: bytes) -> tuple[int, ...]:
    """Return the places in `ring` of two different offices of the set `rest` within `cut`, or of the only one there.

    Each draw takes an office in proportion to its capacity among those that are left.
    """
    draws = Draws(seed)
    rest &= cut.mask
    first = _draw(ring, cut, rest, draws)
    rest ^= 1 << ring.offices[first].ordinal
    return (first, _draw(ring, cut, rest, draws)) if rest else (first,)


def score_of(
    policy: Policy, in_flight: int, capacity: int, income_rial: int, expected_rial: int, distance_m: int
) -> int:
    """Return one candidate's score, per mille of the load term; every term is rounded down.

    Income below zero counts as none; without an expectation there is no income term.
    """
    income = policy.income_weight_per_mille * max(0, income_rial) // expected_rial if expected_rial else 0
    distance = policy.distance_weight_per_mille * distance_m // policy.distance_limit_m
    return 1000 * in_flight // capacity + income + distance


def sample_of(policy: Policy, loads: Loads, facts: OfficeFacts, distance_m: int, month: int) -> Sample:
    """Return one candidate with every input of its score; `month` is the one whose income is held to expectation."""
    office = facts.office
    load = loads.of(office.code)
    in_flight, income_rial = load.in_flight, load.income_in(month)
    capacity, expected_rial = office.daily_capacity, office.expected_monthly_income_rial
    return trusted(
        Sample,
        {
            "office": office.code,
            "in_flight": in_flight,
            "capacity": capacity,
            "income_rial": income_rial,
            "expected_income_rial": expected_rial,
            "distance_m": distance_m,
            "score": score_of(policy, in_flight, capacity, income_rial, expected_rial, distance_m),
        },
    )


def _draw(ring: Ring, cut: RingCut, rest: int, draws: Draws) -> int:
    weights, offices, end = ring.weights, ring.offices, cut.end
    total = weights[end - 1]
    for _ in range(DRAWS_MAX):
        place = bisect_right(weights, draws.below(total), 0, end)
        if rest >> offices[place].ordinal & 1:
            return place
    places = [place for place, facts in enumerate(offices[:end]) if rest >> facts.ordinal & 1]
    left = list(accumulate(offices[place].office.daily_capacity for place in places))
    return places[bisect_right(left, draws.below(left[-1]))]
