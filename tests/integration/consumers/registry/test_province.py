"""A whole province through the registry's handler: any order of topics, and twice, ends in the same registry."""

from random import Random

import pytest
from sqlalchemy import text

from consumers.runner.outcomes import Outcome
from consumers.runner.records import Record
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import province_claims, read_province
from tests.kit.on_sql.registry import RegistryBus
from tests.kit.on_sql.requests import claim_record

pytestmark = pytest.mark.integration


def records() -> list[Record]:
    """Return the claims of North Khorasan as records."""
    claims = province_claims(read_province(NORTH_KHORASAN))
    return [claim_record(claim.source, claim.event, event_id=str(claim.event_id)) for claim in claims]


def content(bus: RegistryBus) -> list[tuple[object, ...]]:
    """Return what the registry holds, without the order in which it came."""
    query = text(
        "SELECT kind, code, version, body - 'revision' - 'accepted_at' FROM registry_version "
        "ORDER BY kind, code, version"
    )
    with bus.engine.begin() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_province_arrives_in_any_order_of_topics(bus: RegistryBus, seed: int) -> None:
    """Each topic keeps its order; which topic comes next is drawn."""
    random = Random(seed)
    topics: dict[str, list[Record]] = {}
    for record in records():
        topics.setdefault(record.topic, []).append(record)
    while topics:
        topic = random.choice(sorted(topics))
        batch, rest = topics[topic][:50], topics[topic][50:]
        bus.handle(*batch)
        topics[topic] = rest
        if not rest:
            del topics[topic]
    assert bus.refusals() == []
    assert bus.waiting() == 0
    assert bus.revisions() == (305, list(range(1, 306)))


def test_a_province_loaded_twice_changes_nothing(bus: RegistryBus) -> None:
    bus.handle(*records())
    first = content(bus)
    bus.handle(*records())
    assert content(bus) == first
    assert len(first) == 305
    assert bus.telemetry.counts[Outcome.DUPLICATE] == 305
    with bus.engine.begin() as connection:
        counts = connection.execute(text("SELECT count(*), sum(capacity) FROM office_position")).one()
    assert counts[0] == 202
