"""What may wait for a request, for how many events, and what the registry must have passed first."""

from collections import Counter
from uuid import UUID

import pytest

from consumers.parking import NEVER, ParkedEvent, ParkReason
from consumers.requests.cases import decided
from consumers.requests.fold import WAITING_MAX
from consumers.requests.handlers import RequestsHandler
from consumers.requests.messages import messages, partitions_by_key
from consumers.requests.waiting import passed
from schemas.intake_office import RequestAccepted
from schemas.log_requests import ClaimRefusal, ClaimRefused, RequestEscalated
from tests.kit.on_sql.requests import OPERATOR, SetClock, SetEnds, claim_record
from tests.kit.values.builders import MOMENT, code_bits
from tests.kit.values.clocks import trusting_watch
from tests.memory.positions import BusSession
from tests.memory.requests import request_stores
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryTelemetry

REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("registry", "gone"),
    [({"a/0": 5, "b/0": 2}, True), ({"a/0": 5, "b/0": 1}, False), ({"a/0": 5}, False), ({"b/0": 9}, False)],
)
def test_what_waits_for_the_registry_waits_until_it_has_passed_all_of_it(registry: dict[str, int], gone: bool) -> None:
    record = claim_record("/offices/office-1", RequestAccepted(request_id=REQUEST, operator=OPERATOR))
    event = ParkedEvent("k", ParkReason.REGISTRY, "", record, NEVER, {"a/0": 5, "b/0": 2})
    assert passed(event, registry) is gone


def test_so_many_claims_wait_for_a_request_and_one_more_is_refused() -> None:
    tables = BusDatabase()
    handler = RequestsHandler(
        lambda request_id, attempt: b"seed", code_bits, SetClock(), trusting_watch(), MemoryTelemetry(), SetEnds()
    )
    early = RequestAccepted(request_id=REQUEST, operator=OPERATOR)
    records = [claim_record(f"/offices/office-{number}", early) for number in range(WAITING_MAX + 2)]
    with BusSession(tables).transaction() as transaction:
        handler.handle(request_stores(transaction, tables), records[:-1])
    with BusSession(tables).transaction() as transaction:
        handler.handle(request_stores(transaction, tables), records[-1:])
    assert len(tables.parked.rows) == WAITING_MAX
    refusals = [ClaimRefused.model_validate_json(row.message.body) for row in tables.outbox.rows.values()]
    assert Counter(refusal.reason for refusal in refusals) == {ClaimRefusal.TOO_MANY_WAIT: 2}


def test_events_of_a_batch_have_their_places_in_its_load_revision_from_0_on() -> None:
    some = [
        decided(
            RequestEscalated(request_id=REQUEST, attempts=number, excluded={}),
            f"e{number}",
            str(REQUEST),
            MOMENT,
            number,
        )
        for number in (1, 2, 3)
    ]
    places = partitions_by_key(some)
    told = [one.envelope for one in messages(some, places, 7)]
    assert [(one.load_revision, one.load_index) for one in told] == [(7, 0), (7, 1), (7, 2)]
    assert {(one.envelope.load_revision, one.envelope.load_index) for one in messages(some, places, None)} == {
        (None, None)
    }
