"""Seeds, draws and scores."""

import hashlib
import hmac
from collections import Counter
from uuid import UUID

import pytest

from consumers.requests.domain.loads.loads import Load, Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex, Ring
from consumers.requests.domain.routing.sampling import sample_of, score_of, two_places
from consumers.requests.domain.routing.seeds import Draws, seed_for
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT

ID = UUID("01890000-0000-7000-8000-000000000001")
MONTH = 140509


def ring_of(*capacities: int) -> Ring:
    offices = [builders.office(f"office-{n}", daily_capacity=capacity) for n, capacity in enumerate(capacities)]
    view = RegistryView.empty().with_entries(builders.small_province(*offices))
    index = view.made_at(MOMENT, CandidateIndex)
    service, city = index.service(builders.SERVICE), index.snapshot.city("bojnord")
    assert service is not None
    assert city is not None
    return index.ring(service, city)


def test_the_seed_is_the_keyed_hash_of_request_and_attempt() -> None:
    expected = hmac.new(b"secret", ID.bytes + (2).to_bytes(4, "big"), hashlib.sha256).digest()[:16]
    assert seed_for(b"secret", ID, 2) == expected
    assert seed_for(b"secret", ID, 1) != expected
    assert seed_for(b"other", ID, 2) != expected


def test_draws_are_the_blocks_of_a_hash_in_order() -> None:
    draws = Draws(b"seed")
    blocks = b"".join(hashlib.sha256(b"seed" + n.to_bytes(4, "big")).digest() for n in range(2))
    numbers = [int.from_bytes(blocks[at : at + 8], "big") * 1000 >> 64 for at in range(0, 64, 8)]
    assert [draws.below(1000) for _ in range(8)] == numbers


def test_draws_stay_below_their_bound() -> None:
    draws = Draws(b"seed")
    assert {draws.below(3) for _ in range(200)} == {0, 1, 2}
    assert draws.below(1) == 0


@pytest.mark.parametrize("excluded", [0, 0b0010])
def test_first_draws_are_proportional_to_capacity(excluded: int) -> None:
    capacities = (10, 20, 30, 40)
    ring = ring_of(*capacities)
    rest = ring.mask & ~excluded
    drawn = Counter(two_places(ring, ring.cuts[-1], rest, n.to_bytes(16, "big"))[0] for n in range(20_000))
    left = {place: capacity for place, capacity in enumerate(capacities) if rest >> place & 1}
    assert drawn.keys() == left.keys()
    expected = {place: 20_000 * capacity / sum(left.values()) for place, capacity in left.items()}
    chi_square = sum((drawn[place] - mean) ** 2 / mean for place, mean in expected.items())
    # 99.9 % of fair draws lie below 16.27 with three degrees of freedom; the seeds are fixed, so this is no gamble.
    assert chi_square < 16.27


def test_second_draws_are_of_the_others_and_proportional_too() -> None:
    ring = ring_of(10, 30, 60)
    pairs = Counter(two_places(ring, ring.cuts[-1], ring.mask, n.to_bytes(16, "big")) for n in range(20_000))
    assert all(len({*pair}) == 2 for pair in pairs)
    after_last = {second: count for (first, second), count in pairs.items() if first == 2}
    assert after_last[1] / after_last[0] == pytest.approx(3, rel=0.1)


def test_offices_that_are_drawn_too_seldom_are_listed_and_drawn_in_proportion_to_capacity() -> None:
    ring = ring_of(*([10_000] * 60), 10, 30)
    rest = sum(1 << facts.ordinal for facts in ring.offices if facts.office.daily_capacity < 10_000)
    drawn = Counter(two_places(ring, ring.cuts[-1], rest, n.to_bytes(16, "big"))[0] for n in range(4_000))
    by_capacity = {ring.offices[place].office.daily_capacity: count for place, count in drawn.items()}
    assert by_capacity.keys() == {10, 30}
    assert by_capacity[30] / by_capacity[10] == pytest.approx(3, rel=0.1)


def test_one_office_left_among_many_is_found_exactly() -> None:
    ring = ring_of(*([10_000] * 60), 1)
    last = len(ring.offices) - 1
    place = next(n for n, facts in enumerate(ring.offices) if facts.office.daily_capacity == 1)
    assert last == 60
    assert two_places(ring, ring.cuts[-1], 1 << ring.offices[place].ordinal, bytes(16)) == (place,)


@pytest.mark.parametrize(
    ("in_flight", "capacity", "income", "expected", "distance_m", "score"),
    [
        (0, 40, 0, 100, 0, 0),
        (39, 40, 0, 100, 0, 975),
        (1, 3, 0, 100, 0, 333),
        (0, 40, 99, 100, 0, 297),
        (0, 40, 250, 100, 0, 750),
        (0, 40, -99, 100, 0, 0),
        (0, 40, 99, 0, 0, 0),
        (0, 40, 0, 100, 60_000, 500),
        (0, 40, 0, 100, 59_999, 499),
        (20, 40, 50, 100, 30_000, 500 + 150 + 250),
    ],
)
def test_scores_are_whole_and_rounded_down(
    in_flight: int, capacity: int, income: int, expected: int, distance_m: int, score: int
) -> None:
    assert score_of(builders.policy(), in_flight, capacity, income, expected, distance_m) == score


def test_a_sample_holds_every_input_of_its_score() -> None:
    facts = ring_of(7).offices[0]
    sample = sample_of(builders.policy(), Loads(0, {}), facts, 1234, MONTH)
    assert (sample.capacity, sample.distance_m, sample.expected_income_rial) == (7, 1234, 100_000_000)
    assert sample.score == 500 * 1234 // 60_000


@pytest.mark.parametrize(("month", "income_rial"), [(MONTH, 50_000_000), (MONTH - 1, 0), (MONTH + 1, 0)])
def test_income_of_another_month_does_not_count(month: int, income_rial: int) -> None:
    facts = ring_of(7).offices[0]
    loads = Loads(0, {facts.office.code: Load(0, 0, 50_000_000, MONTH)})
    sample = sample_of(builders.policy(), loads, facts, 0, month)
    assert (sample.income_rial, sample.score) == (income_rial, 300 * income_rial // 100_000_000)
