"""A flood of one agency on a real database: a bystander is routed, and what nobody accepts comes back."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Engine, text

from consumers.requests.domain.life.state import RequestStage
from schemas.log_requests import RefusalReason, RequestEscalated, RequestRefused, RequestRouted
from schemas.offices import Accession
from tests.kit.on_sql.requests import AGENCY_SOURCE, RequestsBus, load_registry, submission
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT, agreement, entries, office, policy, service, terms

BYSTANDER = "water"
BILL = "water-bill"
BOTH = (Accession(agreement=AGREEMENT), Accession(agreement="water-2026"))
#: Five offices of forty places; a quarter of each is kept, so that a flood takes thirty at the most.
FLOOD, LENT, KEPT = 600, 150, 50


def share_out(owner: Engine) -> None:
    """Let a second agency in, and the policy share the offices' places out."""
    offices = [office(f"office-{number}", version=2, accessions=BOTH) for number in range(1, 6)]
    water = agreement("water-2026", agency=BYSTANDER, services=(terms(BILL),))
    shared = policy(version=2, agency_kept_per_mille=250, acceptance_seconds=3600)
    with owner.begin() as connection:
        load_registry(connection, entries([shared, service(BILL, agency=BYSTANDER), water, *offices], 101))


def steered(engine: Engine) -> Counter[str]:
    """Return how many places each agency has, by the offices' rows."""
    query = "SELECT key, sum(value::int) FROM office_position, jsonb_each_text(steered) GROUP BY key"
    with engine.begin() as connection:
        return Counter({agency: int(places) for agency, places in connection.execute(text(query))})


def test_a_flood_of_one_agency_leaves_a_bystander_places_and_ends_by_itself(bus: RequestsBus, owner: Engine) -> None:
    share_out(owner)
    beside = RequestsBus(bus.engine, bus.clock)
    for turn in range(FLOOD // 100):
        (bus, beside)[turn % 2].say(AGENCY_SOURCE, *(submission() for _ in range(100)))
    ends = Counter(type(one.event) for one in bus.log())
    assert (ends[RequestRouted], ends[RequestRefused]) == (LENT, FLOOD - LENT)
    refused = {one.event.reason for one in bus.log() if isinstance(one.event, RequestRefused)}
    assert refused == {RefusalReason.AGENCY_SHARE}
    bystanders = [submission(uuid4(), service=BILL) for _ in range(KEPT)]
    for asked in bystanders:
        beside.say(f"/agencies/{BYSTANDER}", asked)
    assert {bus.state(asked.request_id).stage for asked in bystanders} == {RequestStage.ROUTED}
    assert steered(bus.engine) == {AGENCY: LENT, BYSTANDER: KEPT}
    for hours in range(1, 30):
        bus.clock.moment = MOMENT + timedelta(hours=8 * hours)
        while bus.sweep():
            pass
    log = [one.event for one in bus.log()]
    assert sum(isinstance(event, RequestEscalated) for event in log) == LENT + KEPT
    attempts = Counter(event.request_id for event in log if isinstance(event, RequestRouted))
    assert max(attempts.values()) <= policy().attempts_limit
    assert (steered(bus.engine), bus.positions()) == (Counter(), (0, 0))
