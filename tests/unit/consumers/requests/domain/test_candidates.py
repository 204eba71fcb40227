"""Rings and masks: nearest first, exact counts, closed minutes, and distances that a map confirms."""

import pytest

from consumers.requests.domain.registry.calendar import local_minute
from consumers.requests.domain.registry.geography import road_m, straight_line_m
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex, ServiceReach
from schemas.log_requests import Exclusion
from schemas.offices import Office
from schemas.territory import City
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT


def index_of(*offices: Office) -> tuple[CandidateIndex, ServiceReach]:
    index = RegistryView.empty().with_entries(builders.small_province(*offices)).made_at(MOMENT, CandidateIndex)
    service = index.service(builders.SERVICE)
    assert service is not None
    return index, service


def city(index: CandidateIndex, code: str) -> City:
    found = index.snapshot.city(code)
    assert found is not None
    return found


def test_distances_between_real_places() -> None:
    bojnord, mashhad = (37.4747, 57.3290), (36.2972, 59.6067)
    assert straight_line_m(*bojnord, *mashhad) == pytest.approx(241_000, rel=0.01)
    assert straight_line_m(*bojnord, *bojnord) == 0


@pytest.mark.parametrize(("straight_m", "detour_per_mille", "road"), [(1000.0, 1300, 1300), (1000.4, 1000, 1000)])
def test_roads_are_longer_than_lines(straight_m: float, detour_per_mille: int, road: int) -> None:
    assert road_m(straight_m, detour_per_mille) == road


def test_a_ring_is_nearest_first_with_ties_by_code() -> None:
    index, service = index_of(
        builders.office("b"),
        builders.office("far", latitude=37.6),
        builders.office("a"),
        builders.office("out", city="faruj"),
    )
    ring = index.ring(service, city(index, "bojnord"))
    assert [facts.office.code for facts in ring.offices] == ["a", "b", "far"]
    assert list(ring.distances_m) == sorted(ring.distances_m)
    assert ring.excluded == {Exclusion.DISTANCE: 1}
    assert ring.weights == (40, 80, 120)


def test_the_whole_list_of_a_city_leaves_nobody_out() -> None:
    index, _ = index_of(builders.office("near"), builders.office("out", city="faruj"))
    reach = index.everywhere(city(index, "bojnord"))
    assert [facts.office.code for facts in reach.offices] == ["near", "out"]


def test_offices_at_the_limit_are_within_reach() -> None:
    limit = builders.policy(distance_limit_m=4337)
    short = builders.policy(version=2, distance_limit_m=4336)
    office = builders.office(latitude=37.5047)
    things: list[builders.Registrable] = [
        builders.territory(),
        limit,
        builders.service(),
        builders.agreement(),
        office,
        short,
    ]
    view = RegistryView.empty().with_entries(builders.entries(things))
    for at, reached in ((view.up_to(5), 1), (view, 0)):
        index = at.made_at(MOMENT, CandidateIndex)
        assert len(index.near(city(index, "bojnord")).offices) == reached


def test_closed_offices_by_minute_and_window() -> None:
    late = builders.office("late", hours=builders.hours_of_the_week(720, 1200))
    index, _ = index_of(builders.office("early"), late)
    early_bit, late_bit = (1 << index.snapshot.offices[code].ordinal for code in ("early", "late"))
    morning = local_minute(MOMENT)
    assert index.closed(morning, 1) == late_bit
    assert index.closed(morning, 240) == 0
    assert index.closed(morning + 8 * 60, 1) == early_bit
    assert index.closed(morning + 12 * 60, 60) == early_bit | late_bit


def test_rings_are_kept() -> None:
    index, service = index_of(builders.office())
    assert index.ring(service, city(index, "bojnord")) is index.ring(service, city(index, "bojnord"))


def test_masks_of_many_ordinals() -> None:
    index, _ = index_of(*(builders.office(f"o-{n}") for n in range(70)))
    assert index.mask_of([0, 3, 64, 69]) == 1 | 8 | 1 << 64 | 1 << 69
    assert index.mask_of([]) == 0
