"""How a day was steered: distances by origin, waits, and how evenly income falls."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from consumers.requests.domain.life.state import Signal
from deploy.demo.steering import Distances, SteeringCount, gini, quantile
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.intake_agency import Origin
from tests.kit.values.builders import MOMENT
from tests.kit.values.requests_world import ACCEPTED, COLLECTED, DECLINED, DELIVERED, STARTED, SUBMITTED, walk

DAY = {"office-1": 42_000, "office-2": 42_000, "office-3": 0}


def events_of(number: int, *steps: Event | Signal) -> Sequence[Event]:
    _, events = walk(*steps)
    return [event.model_copy(update={"request_id": UUID(int=number)}) for event in events]


@pytest.mark.parametrize(
    ("values", "coefficient"),
    [([], 0.0), ([0, 0], 0.0), ([5, 5, 5], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25), ([3, 1], 0.25)],
)
def test_the_gini_coefficient(values: list[float], coefficient: float) -> None:
    assert gini(values) == pytest.approx(coefficient)


@pytest.mark.parametrize(("per_cent", "value"), [(50, 2), (51, 3), (75, 3), (76, 4), (100, 4)])
def test_a_quantile_is_one_of_the_values(per_cent: int, value: float) -> None:
    assert quantile([3, 1, 4, 2], per_cent) == value
    assert quantile([], per_cent) == 0


def test_requests_are_counted_by_who_chose_the_office() -> None:
    counted = SteeringCount()
    walked_in = SUBMITTED.model_copy(update={"origin": Origin.CITIZEN_CHOICE, "office": "office-2"})
    told: tuple[tuple[Event, ...], ...] = ((SUBMITTED, ACCEPTED), (walked_in,), (SUBMITTED, DECLINED))
    for number, steps in enumerate(told):
        for event in events_of(number, *steps):
            counted.learn(event, MOMENT + timedelta(minutes=3 * number))
    figures = counted.figures(DAY)
    assert (figures.agency.requests, figures.chosen.requests) == (2, 1)


def test_the_office_that_has_it_in_the_end_counts_and_what_it_earned() -> None:
    counted, read = SteeringCount(), SteeringCount()
    events = events_of(1, SUBMITTED, ACCEPTED, COLLECTED, STARTED, DELIVERED)
    for sequence, event in enumerate(events):
        time = MOMENT + timedelta(minutes=7 * sequence)
        counted.learn(event, time)
        read.read(Envelope(str(sequence), "/bus", event.type_name(), "1", time=time), encode(event))
    figures = counted.figures(DAY)
    assert figures == read.figures(DAY)
    # Opened, routed, accepted: two steps. One of the two offices that expect anything earned it all.
    assert (figures.wait_p95_seconds, figures.income_gini) == (840, 0.5)


def test_a_day_without_requests_has_figures() -> None:
    figures = SteeringCount().figures(DAY)
    assert (figures.agency, figures.chosen) == (Distances(0, 0, 0, 0), Distances(0, 0, 0, 0))
    assert (figures.wait_p95_seconds, figures.income_gini) == (0, 0.0)
