"""A comparison on real engines: nothing to say of a sound bus, also in the middle of its work, and each harm named.

One small bus for all. Each trial harms something of its own, and asserts exactly which findings came with it.
"""

from collections.abc import Iterator
from threading import Event, Thread
from uuid import uuid4

import pytest

from connectors.database.parking.operator import ParkOperator
from consumers.parking import OperatorAction
from consumers.reconciliation.domain.findings import DifferenceKind
from consumers.reconciliation.domain.outcome import ClaimOutcome
from schemas.intake_office import RequestAccepted
from schemas.topics import INTAKE_OFFICES
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.requests import AGENCY_SOURCE, OPERATOR, submission
from tests.kit.real.reconciling import (
    ACCEPT,
    COLLECT,
    FEE_RIAL,
    LOG,
    START,
    event_of,
    reconcile,
    trial,
)
from tests.kit.real.stepped import SmallBus, small_bus

pytestmark = pytest.mark.integration

#: Settlement fails on an event, as its runner would keep it.
PARK = """
INSERT INTO parked_event (consumer, key, reason, detail, topic, partition, position, headers, body, appended_at,
    expires_at)
SELECT 'settlement', key, 'failed', 'a bug', topic, partition, %s,
    jsonb_build_array(jsonb_build_array('ce_id', event_id), jsonb_build_array('ce_source', source),
        jsonb_build_array('ce_type', type), jsonb_build_array('ce_time', '2026-11-23T06:00:00Z'),
        jsonb_build_array('ce_sequence', sequence::text)),
    body, now(), '9999-01-01Z'
FROM outbox WHERE event_id = %s
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("reconcile")) as small:
        yield small


def test_a_sound_bus_is_told_so(bus: SmallBus) -> None:
    request_id = bus.served()
    findings, summary = bus.compared()
    assert findings == frozenset()
    assert summary.claims[ClaimOutcome.APPLIED] >= 5
    assert summary.cash_rial["requests"] == summary.cash_rial["log"] == summary.cash_rial["ledger"] == FEE_RIAL
    assert summary.unpublished.total() == 0
    assert summary.parked.total() == 0
    told = reconcile(bus)
    assert told.exit_code == 0, told.output
    assert "Nothing is in one and not in the other." in told.stdout
    assert "هیچ چیز در یکی بی دیگری نیست." in reconcile(bus, "--lang", "fa").stdout
    assert bus.rows("SELECT state FROM request WHERE request_id = %s", request_id) == [("completed",)]


def test_what_is_under_way_is_counted_and_no_difference(bus: SmallBus) -> None:
    request_id = bus.served(ACCEPT)
    bus.serve(request_id, COLLECT)
    assert bus.compared()[0] == frozenset()
    bus.settle("relay", "requests")
    bus.say(AGENCY_SOURCE, submission(uuid4()))
    findings, summary = bus.compared()
    assert findings == frozenset()
    assert summary.unpublished["pishkhan.intake.civil-registry"] == 1
    assert summary.unread["settlement"] > 0
    assert summary.cash_rial["requests"] == summary.cash_rial["ledger"] + FEE_RIAL
    bus.settle()


def test_beside_live_traffic_there_is_no_difference(bus: SmallBus) -> None:
    enough = Event()

    def play() -> None:
        while not enough.is_set():
            requests = [uuid4() for _ in range(20)]
            bus.say(AGENCY_SOURCE, *(submission(request_id) for request_id in requests))
            bus.settle()
            for request_id in requests:
                bus.serve(request_id)
                bus.step("relay", "requests", "settlement")

    traffic = Thread(target=play)
    traffic.start()
    moved = 0
    try:
        for _ in range(5):
            findings, summary = bus.compared()
            assert findings == frozenset()
            moved += summary.younger + summary.unread["settlement"] + summary.unpublished.total()
    finally:
        enough.set()
        traffic.join()
    assert moved > 0, "nothing moved while it was compared"
    bus.settle()
    assert bus.compared()[0] == frozenset()


def test_an_event_that_was_published_twice_is_named_and_harmless(bus: SmallBus) -> None:
    request_id = bus.served()
    with trial(bus) as found:
        event_id, _ = event_of(bus, request_id, "OfficeCollectedFee")
        bus.harm("UPDATE outbox SET published_at = NULL WHERE event_id = %s", event_id)
        bus.settle()
    assert found.one().kind is DifferenceKind.PUBLISHED_TWICE
    assert (found.one().event_id, found.one().copies) == (event_id, 2)
    assert found.one().kind.harmless


@pytest.mark.parametrize(
    ("before", "step", "names"),
    [((0,), 1, ["OfficeCollectedFee"]), ((0, 1, 2), 3, ["OfficeDelivered", "RequestCompleted"])],
)
def test_records_that_settlement_never_read_are_named(
    bus: SmallBus, before: tuple[int, ...], step: int, names: list[str]
) -> None:
    with trial(bus) as found:
        request_id = bus.served(*before)
        bus.serve(request_id, step)
        bus.settle("relay", "requests")
        partition = bus.log_partition(request_id)
        position = bus.position("settlement", LOG, partition)
        bus.move("settlement", LOG, partition, len(names))
        bus.settle()
    assert {
        (one.kind, one.consumer, one.partition, one.position, one.event_id, one.sequence) for one in found.findings
    } == {
        (DifferenceKind.RECORD_SKIPPED, "settlement", partition, position + number, *event_of(bus, request_id, name))
        for number, name in enumerate(names)
    }


def test_claims_behind_a_position_that_was_moved_forward_are_named(bus: SmallBus) -> None:
    request_id = bus.submitted()
    with trial(bus) as found:
        claims = [*bus.serve(request_id, ACCEPT), *bus.serve(request_id, COLLECT)]
        bus.settle("relay")
        topic, partition = bus.place_of(claims[0])
        bus.move("requests", topic, partition, 2)
        bus.settle()
    assert {(finding.kind, finding.consumer, finding.event_id) for finding in found.findings} == {
        (DifferenceKind.RECORD_SKIPPED, "requests", claim) for claim in claims
    }


def test_a_position_that_was_moved_back_is_shown_and_harmless(bus: SmallBus) -> None:
    request_id = bus.served()
    partition = bus.log_partition(request_id)
    with trial(bus) as found:
        bus.move("settlement", LOG, partition, -3)
    finding = found.one()
    assert (finding.kind, finding.consumer, finding.partition) == (
        DifferenceKind.POSITION_MOVED_BACK,
        "settlement",
        partition,
    )
    assert finding.kind.harmless
    with trial(bus) as afterwards:
        bus.settle()
    assert afterwards.findings == frozenset()


def test_a_position_outside_its_log_is_named(bus: SmallBus) -> None:
    topic = INTAKE_OFFICES.name
    with trial(bus) as found:
        bus.move("registry", topic, 2, 1_000)
    finding = found.one()
    assert (finding.kind, finding.consumer, finding.topic) == (DifferenceKind.POSITION_OUTSIDE_LOG, "registry", topic)
    assert (finding.position or 0) - (finding.expected or 0) == 1_000
    bus.move("registry", topic, 2, -1_000)


def test_what_figures_have_passed_and_not_learnt_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    partition = bus.log_partition(request_id)
    with trial(bus) as found:
        # No worker keeps figures here, so a position of theirs promises facts that nobody has.
        bus.harm("INSERT INTO kpi_position VALUES (%s, %s, 1000)", LOG, partition)
    bus.harm("DELETE FROM kpi_position")
    assert set(found.kinds) == {DifferenceKind.POSITION_OUTSIDE_LOG, DifferenceKind.RECORD_SKIPPED}
    skipped = {finding.event_id for finding in found.findings if finding.subject == str(request_id)}
    names = ("RequestOpened", "RequestRouted", "OfficeAccepted", "OfficeStarted", "OfficeDelivered", "RequestCompleted")
    assert skipped == {event_of(bus, request_id, name)[0] for name in names}


def test_figures_that_know_more_than_their_position_says_are_shown_and_harmless(bus: SmallBus) -> None:
    request_id = bus.served()
    with trial(bus) as found:
        bus.harm(
            "INSERT INTO kpi_request_fact (request_id, sequence, office_sequence, county_sequence) "
            "VALUES (%s, 7, 0, 0)",
            request_id,
        )
    bus.harm("DELETE FROM kpi_request_fact")
    finding = found.one()
    assert (finding.kind, finding.consumer, finding.copies) == (DifferenceKind.POSITION_MOVED_BACK, "kpi", 6)
    assert finding.partition == bus.log_partition(request_id)


def test_what_an_operator_gave_up_is_no_difference(bus: SmallBus) -> None:
    with trial(bus) as found:
        unknown, request_id = uuid4(), bus.served(ACCEPT)
        bus.say("/offices/office-1", RequestAccepted(request_id=unknown, operator=OPERATOR))
        bus.serve(request_id, COLLECT)
        bus.settle("relay", "requests")
        partition = bus.log_partition(request_id)
        event_id, _ = event_of(bus, request_id, "OfficeCollectedFee")
        bus.harm(PARK, bus.position("settlement", LOG, partition), event_id)
        bus.move("settlement", LOG, partition, 1)
        bus.settle()
        with engine_of(bus.settings.worker_database_url(), "test") as engine, engine.begin() as connection:
            operator, keys = ParkOperator(connection), {str(unknown), str(request_id)}
            parked = [line.id for line in operator.oldest(100) if line.key in keys]
            assert len(operator.decide(parked, OperatorAction.SKIP, "somebody", "a trial")) == 2
        bus.go_round(1)
        bus.serve(request_id, START)
        bus.settle()
    assert bus.rows("SELECT count(*) FROM parked_event WHERE id = ANY(%s)", parked) == [(0,)]
    assert bus.compared()[1].claims[ClaimOutcome.GIVEN_UP] >= 1
    assert found.findings == frozenset()


def test_a_claim_that_came_twice_is_named_and_harmless(bus: SmallBus) -> None:
    request_id = bus.served(ACCEPT)
    with trial(bus) as found:
        [claim_id] = bus.serve(request_id, COLLECT)
        bus.settle()
        bus.harm("UPDATE outbox SET published_at = NULL WHERE event_id = %s", claim_id)
        bus.settle()
    assert (found.one().kind, found.one().event_id, found.one().copies) == (DifferenceKind.PUBLISHED_TWICE, claim_id, 2)
