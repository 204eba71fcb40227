"""A request by its tracking code, and what the rules of revealing need of it, in memory and in a real database."""

from datetime import timedelta
from uuid import UUID

import pytest

from consumers.requests.domain.life.state import ENDED, RequestStage, RequestState
from consumers.requests.track import Next, Tracked, track
from producers.vault.reveal import RevealFacts
from tests.contract.worlds import World
from tests.kit.values.builders import MOMENT, SERVICE
from tests.kit.values.requests_world import at

CODE = "2345-6789-FKMR-TWXY"
DAY = timedelta(days=1)


def request(number: int, stage: RequestStage, **changes: object) -> RequestState:
    return at(stage).model_copy(update={"request_id": UUID(int=number << 96), "tracking_code": None, **changes})


def insert(world: World, *states: RequestState) -> None:
    with world.client("requests").requests() as stores:
        stores.requests.insert(states, MOMENT)


def test_a_citizen_is_told_where_it_is_who_acts_next_and_until_when(world: World) -> None:
    insert(
        world,
        request(1, RequestStage.ROUTED, tracking_code=CODE, accept_by=MOMENT, expires_at=MOMENT + DAY),
        request(2, RequestStage.ROUTED),
    )
    with world.client("a").people() as people:
        told = Tracked(RequestStage.ROUTED, SERVICE, "office-1", Next.OFFICE, MOMENT, None)
        for typed in (CODE, CODE.lower(), CODE.replace("-", ""), f" {CODE.replace('-', ' ')} "):
            assert track(people.tracked, typed) == told
        for nobody in ("2345-6789-FKMR-TWX2", "", "x" * 999, "2345-6789-FKMR-TWX", "0000-0000-0000-0000"):
            assert track(people.tracked, nobody) is None


@pytest.mark.parametrize("stage", [stage for stage in RequestStage if stage is not RequestStage.AWAITED])
def test_whoever_looks_after_a_stage_may_see_it_from_the_acceptance_on(world: World, stage: RequestStage) -> None:
    state = request(1, stage)
    insert(world, state)
    with world.client("a").people() as people:
        facts = people.reveals.facts(state.request_id)
        assert people.reveals.facts(UUID(int=9)) is None
    before = (RequestStage.PARKED, RequestStage.ROUTED, RequestStage.ESCALATED)
    accepted = stage not in before and not (stage in ENDED and state.fee is None)
    assert facts == RevealFacts(
        f"/agencies/{state.asked().by_agency}", state.agency, state.office, accepted, MOMENT if stage in ENDED else None
    )
