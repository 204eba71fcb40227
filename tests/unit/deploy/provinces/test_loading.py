"""What is published of a province: every claim fits, or the one that does not is named."""

from uuid import UUID

import pytest

from consumers.registry.domain.known import EntryKind
from deploy.problem import Problem
from deploy.provinces.loading import messages_of
from producers.registration import DIRECTORATE, RegistryClaim
from schemas.intake_directorate import TerritoryChanged
from schemas.territory import Territory
from tests.kit.values import builders


def claim(territory: Territory) -> RegistryClaim:
    return RegistryClaim(
        DIRECTORATE,
        territory.code,
        UUID(int=1),
        TerritoryChanged(territory=territory),
        EntryKind.TERRITORY,
        territory.version,
    )


def test_claims_become_messages_in_their_order() -> None:
    territory = builders.territory()
    later = territory.model_copy(update={"version": 2})
    messages = messages_of([claim(territory), claim(later)], builders.MOMENT)
    assert [b'"version":1' in message.body for message in messages] == [True, False]


def test_a_claim_that_is_too_long_for_the_broker_is_named() -> None:
    territory = builders.territory()
    [city] = territory.cities[:1]
    places = tuple(city.model_copy(update={"code": f"place-{number}"}) for number in range(6_000))
    words = rf"The territory {territory.code} cannot be published: data: has \d+ bytes; at most"
    with pytest.raises(Problem, match=words):
        messages_of([claim(territory.model_copy(update={"cities": places}))], builders.MOMENT)
