"""What somebody changed in the database or wrote into a log behind the bus's back is named, and can be put right."""

import json
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome
from deploy.exits import ExitCode
from schemas.envelope import Envelope, to_headers
from schemas.identity import derived_id
from schemas.intake_directorate import FineImposed, OfficePaid
from schemas.intake_office import RequestAccepted
from schemas.partition import partition_of
from schemas.topics import INTAKE_OFFICES, KPI_MEASURED, LOG_SETTLEMENT
from tests.kit.on_sql.requests import DIRECTORATE, OPERATOR, claim_record, desk_steps
from tests.kit.on_sql.sabotage import put_back
from tests.kit.real.brokers import write
from tests.kit.real.reconciling import (
    ACCEPT,
    COLLECT,
    DELIVER,
    FEE_RIAL,
    LOG,
    START,
    event_of,
    reconcile,
    repair,
    trial,
)
from tests.kit.real.stepped import SmallBus, small_bus
from tests.kit.values.builders import MOMENT

pytestmark = pytest.mark.integration

LOST_FIGURE = """
INSERT INTO outbox (shard, topic, partition, key, event_id, source, type, time, body, published_at)
VALUES (0, %s, 0, 'k', %s, '/bus', 'ir.pishkhan.KpiMeasured.v1', now(), '{}', now())
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("harms")) as small:
        yield small


def delete_unnoticed(bus: SmallBus, event_id: str) -> None:
    """Delete a row of the outbox as somebody who can switch its trigger off."""
    bus.harm("ALTER TABLE outbox DISABLE TRIGGER outbox_row_removed")
    bus.harm("DELETE FROM outbox WHERE event_id = %s", event_id)
    bus.harm("ALTER TABLE outbox ENABLE TRIGGER outbox_row_removed")


def forged(
    bus: SmallBus,
    topic: str,
    name: str,
    key: bytes,
    body: bytes = b"{}",
    sequence: str | None = None,
    event_id: str | None = None,
) -> str:
    """Append a record as somebody who may write a log; return its event id."""
    event_id = event_id or str(uuid4())
    envelope = Envelope(event_id, "/bus", f"ir.pishkhan.{name}.v1", time=MOMENT)
    headers = [*to_headers(envelope), *([("ce_sequence", sequence.encode())] if sequence else [])]
    producer = KafkaProducer(**bus.settings.kafka_login(), acks="all")
    try:
        producer.send(topic, body, key=key, headers=headers, partition=0).get(timeout=20)
    finally:
        producer.close()
    return event_id


@pytest.mark.parametrize("published", [True, False])
def test_a_row_that_somebody_deleted_from_the_outbox_is_named_and_can_be_put_back(
    bus: SmallBus, published: bool
) -> None:
    with trial(bus) as found:
        request_id = bus.served(ACCEPT, COLLECT)
        [claim_id] = bus.serve(request_id, START)
        bus.settle("relay", "requests")
        if published:
            bus.settle()
        event_id, _ = event_of(bus, request_id, "OfficeStarted")
        bus.harm("DELETE FROM outbox WHERE event_id IN (%s, %s)", event_id, claim_id)
        bus.settle()
    assert {(one.kind, one.topic, one.event_id) for one in found.findings} == {
        (DifferenceKind.ROW_REMOVED, LOG, event_id),
        (DifferenceKind.ROW_REMOVED, INTAKE_OFFICES.name, claim_id),
    }
    by_whom = "SELECT count(*) FROM removed_row WHERE removed_by <> 'pishkhan_worker' AND content ->> 'event_id' = %s"
    assert bus.rows(by_whom, event_id) == [(1,)]
    with trial(bus) as repaired:
        for topic in (LOG, INTAKE_OFFICES.name):
            shown = repair(bus, topic, "--yes")
            assert "1 rows had been deleted from the outbox" in shown.stdout
        bus.settle()
    assert repaired.findings == frozenset()
    assert bus.compared()[0] & found.findings == frozenset()
    assert bus.rows("SELECT count(*) FROM outbox WHERE event_id = %s", event_id) == [(1,)]
    bus.serve(request_id, DELIVER)
    bus.settle()
    assert bus.rows("SELECT state FROM request WHERE request_id = %s", request_id) == [("completed",)]


def test_a_row_that_was_deleted_unnoticed_and_unpublished_is_missing_everywhere(bus: SmallBus) -> None:
    with trial(bus) as found:
        request_id = bus.served(ACCEPT, COLLECT)
        [claim_id] = bus.serve(request_id, START)
        bus.settle("relay")
        bus.settle("requests")
        event_id, sequence = event_of(bus, request_id, "OfficeStarted")
        delete_unnoticed(bus, event_id)
        bus.settle()
    # The request has counted it, and its claim has nothing to show for itself.
    missing = Finding(DifferenceKind.EVENT_MISSING, topic=LOG, subject=str(request_id), sequence=sequence)
    assert missing in found.findings
    [claim] = found.findings - {missing}
    assert (claim.kind, claim.event_id) == (DifferenceKind.CLAIM_WITHOUT_OUTCOME, claim_id)
    assert derived_id(claim.source or "", claim_id, 0) == event_id


def test_a_published_row_that_was_deleted_unnoticed_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    with trial(bus) as found:
        event_id, _ = event_of(bus, request_id, "OfficeAccepted")
        delete_unnoticed(bus, event_id)
    assert found.one().kind is DifferenceKind.NOT_IN_OUTBOX
    assert (found.one().event_id, found.one().topic) == (event_id, LOG)


def test_a_row_marked_as_published_that_no_topic_has_is_named(bus: SmallBus) -> None:
    with trial(bus) as found:
        bus.harm(LOST_FIGURE, KPI_MEASURED.name, "a-lost-figure")
    assert found.one() == Finding(
        DifferenceKind.NOT_IN_LOG, topic=KPI_MEASURED.name, partition=0, source="/bus", event_id="a-lost-figure"
    )


def test_a_claim_whose_parked_row_is_gone_has_no_outcome(bus: SmallBus) -> None:
    with trial(bus) as found:
        [claim_id] = bus.say("/offices/office-1", RequestAccepted(request_id=uuid4(), operator=OPERATOR))
        bus.settle()
        assert bus.compared()[1].claims[ClaimOutcome.WAITING] >= 1
        bus.harm("DELETE FROM parked_event WHERE headers @> %s::jsonb", json.dumps([["ce_id", claim_id]]))
    assert (found.one().kind, found.one().event_id) == (DifferenceKind.CLAIM_WITHOUT_OUTCOME, claim_id)


def test_a_ledger_that_was_written_by_hand_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    event_id, _ = event_of(bus, request_id, "OfficeCollectedFee")
    of_event = "WHERE event_id = %s"
    with put_back(bus, "ledger_transfer"):
        with trial(bus) as changed:
            bus.harm(f"UPDATE ledger_transfer SET amount_rial = amount_rial + 1 {of_event}", event_id)
        assert (changed.one().kind, changed.one().event_id) == (DifferenceKind.LEDGER_DIFFERS, event_id)
        assert (changed.one().expected, changed.one().found) == (FEE_RIAL, FEE_RIAL + 1)
        bus.harm(f"UPDATE ledger_transfer SET amount_rial = amount_rial - 1 {of_event}", event_id)
        with trial(bus) as removed:
            bus.harm(f"DELETE FROM ledger_transfer {of_event}", event_id)
        assert (removed.one().kind, removed.one().event_id) == (DifferenceKind.LEDGER_MISSING, event_id)
        with trial(bus) as added:
            bus.harm(
                "INSERT INTO ledger_transfer (partition, number, transaction_id, event_id, kind, debit_account, "
                "credit_account, amount_rial, window_number, recorded_at) "
                "VALUES (0, 1000000, gen_random_uuid(), 'no-event', 'post', 'suspense', 'directorate', 5, 1, now())"
            )
        assert added.kinds == [
            DifferenceKind.ANNOUNCEMENT_MISSING,
            DifferenceKind.CHAIN_DIFFERS,
            DifferenceKind.LEDGER_EXTRA,
        ]
        assert {finding.event_id for finding in added.findings if finding.kind is DifferenceKind.LEDGER_EXTRA} == {
            "no-event"
        }


def test_cash_that_a_request_does_not_have_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    with trial(bus) as found:
        bus.harm(
            "UPDATE request SET document = jsonb_set(document, '{collected_rial}', '29000') WHERE request_id = %s",
            request_id,
        )
    assert found.one() == Finding(DifferenceKind.CASH_DIFFERS, subject=str(request_id), expected=29_000, found=FEE_RIAL)


@pytest.mark.parametrize("both", [True, False])
def test_a_state_that_somebody_wrote_into_a_request_is_named(bus: SmallBus, both: bool) -> None:
    request_id = bus.served()
    document = ", document = jsonb_set(document, '{stage}', '\"cancelled\"')" if both else ""
    with trial(bus) as found:
        bus.harm(f"UPDATE request SET state = 'cancelled'{document} WHERE request_id = %s", request_id)
    assert found.one() == Finding(
        DifferenceKind.STATE_DIFFERS, subject=str(request_id), expected_state="completed", found_state="cancelled"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM intake_event WHERE event_id = %s",
        "UPDATE intake_event SET body_hash = '\\x00' WHERE event_id = %s",
        "UPDATE intake_event SET about_hash = '\\x00' WHERE event_id = %s",
    ],
)
def test_a_claim_whose_identity_is_gone_is_named_and_not_read_again(bus: SmallBus, statement: str) -> None:
    request_id = bus.served(ACCEPT)
    [claim_id] = bus.serve(request_id, COLLECT)
    bus.settle()
    with trial(bus) as found:
        bus.harm(statement, claim_id)
    assert (found.one().kind, found.one().event_id) == (DifferenceKind.IDENTITY_MISSING, claim_id)
    assert "nothing to repair" in repair(bus, INTAKE_OFFICES.name, "--dry-run").stdout


def test_a_dead_letter_that_is_gone_leaves_its_record_skipped(bus: SmallBus) -> None:
    write(bus.settings.kafka_login(), INTAKE_OFFICES.name, [b"garbage"])
    bus.settle()
    with trial(bus) as found:
        [(partition, position)] = bus.harm(
            "DELETE FROM dead_letter WHERE topic = %s AND body = 'garbage' RETURNING partition, position",
            INTAKE_OFFICES.name,
        )
    assert (found.one().kind, found.one().partition, found.one().position) == (
        DifferenceKind.RECORD_SKIPPED,
        partition,
        position,
    )


def test_a_record_whose_letter_was_let_go_is_not_skipped_and_a_good_claim_beside_it_is(bus: SmallBus) -> None:
    write(bus.settings.kafka_login(), INTAKE_OFFICES.name, [b"old garbage"] * 3)
    bus.settle()
    with trial(bus) as found:
        bus.harm("UPDATE dead_letter SET recorded_at = recorded_at - interval '91 days' WHERE body = 'old garbage'")
        assert bus.harm("SELECT let_letters_go(90, 20000, 67108864, 100000, 268435456, 1000)") == [(3,)]
        assert bus.harm("SELECT count(*) FROM dead_letter WHERE body = 'old garbage'") == [(0,)]
    assert found.findings == frozenset()
    # What is known of letters up to there explains no claim that could be accepted.
    request_id = bus.submitted()
    with trial(bus) as found:
        [claim_id] = bus.serve(request_id, ACCEPT)
        bus.settle("relay")
        topic, partition = bus.place_of(claim_id)
        bus.harm(
            "INSERT INTO dead_letter_let_go VALUES ('requests', %s, %s, 1000000, 1, 1, 1, now()) "
            "ON CONFLICT (consumer, topic, partition) DO UPDATE SET up_to = excluded.up_to",
            topic,
            partition,
        )
        bus.move("requests", topic, partition, 1)
        bus.settle()
    assert (found.one().kind, found.one().event_id) == (DifferenceKind.RECORD_SKIPPED, claim_id)


def test_records_that_the_bus_cannot_have_written_are_named_and_stop_nothing(bus: SmallBus) -> None:
    known = str(bus.served()).encode()
    with trial(bus) as found:
        foreign = [
            forged(bus, LOG_SETTLEMENT.name, "FeePosted", b"key"),
            forged(bus, LOG_SETTLEMENT.name, "FeeHeld", b"a\0b"),
            forged(bus, LOG, "WindowMarked", b"window-x"),
            forged(bus, LOG, "OfficeStarted", b"\xff", sequence="1"),
        ]
        ahead = forged(bus, LOG, "OfficeStarted", str(uuid4()).encode(), sequence="99999999999")
        doubled = forged(bus, LOG, "OfficeStarted", known, sequence="3")
    kinds = Counter(finding.kind for finding in found.findings)
    assert kinds[DifferenceKind.FOREIGN_RECORD] == len(foreign)
    named = {(finding.kind, finding.event_id) for finding in found.findings}
    assert {
        (DifferenceKind.LOG_AHEAD, ahead),
        (DifferenceKind.NOT_IN_OUTBOX, ahead),
        (DifferenceKind.NOT_IN_OUTBOX, doubled),
    } <= named
    assert [one.subject for one in found.findings if one.kind is DifferenceKind.ORDER_DOUBLED] == [known.decode()]


def test_a_second_record_that_says_something_else_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    event_id, sequence = event_of(bus, request_id, "OfficeStarted")
    with trial(bus) as found:
        forged(bus, LOG, "OfficeStarted", str(request_id).encode(), sequence=str(sequence), event_id=event_id)
        bus.settle()
    assert {(finding.kind, finding.event_id) for finding in found.findings} == {
        (DifferenceKind.PUBLISHED_TWICE, event_id),
        (DifferenceKind.BODY_DIFFERS, event_id),
    }


def test_a_row_whose_body_somebody_changed_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    event_id, _ = event_of(bus, request_id, "OfficeStarted")
    with trial(bus) as found:
        bus.harm("UPDATE outbox SET body = '{}' WHERE event_id = %s", event_id)
    assert (found.one().kind, found.one().event_id) == (DifferenceKind.BODY_DIFFERS, event_id)


def test_acts_without_a_request_are_no_difference(bus: SmallBus) -> None:
    with trial(bus) as found:
        bus.say(
            DIRECTORATE,
            OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1"),
            FineImposed(fine_id=uuid4(), office="office-1", amount_rial=1_000, minutes_number="m-1"),
        )
        bus.settle()
    assert found.findings == frozenset()


def test_a_conflict_at_a_lower_position_of_another_partition_is_not_the_claim_that_was_applied(bus: SmallBus) -> None:
    """Whoever writes other words under a used id finds them among the dead letters, wherever they lie."""
    login, topic = bus.settings.kafka_login(), INTAKE_OFFICES.name
    request_id = bus.served(ACCEPT)
    own = partition_of(str(request_id), INTAKE_OFFICES.partitions)
    ends = {number: end for (name, number), end in bus.ends().items() if name == topic and number != own}
    elsewhere = min(ends, key=lambda number: ends[number])
    write(login, topic, [b"noise"] * (ends[elsewhere] + 1), partition=own)
    [claim_id] = bus.serve(request_id, COLLECT)
    bus.settle()
    before = bus.compared()[1].claims
    lie = desk_steps(request_id)[COLLECT].model_copy(update={"amount_rial": FEE_RIAL + 1})
    record = claim_record(f"/offices/{bus.office_of(request_id)}", lie, event_id=claim_id)
    headers = [(name, value or b"") for name, value in record.headers]
    with trial(bus) as found:
        write(login, topic, [record.value or b""], partition=elsewhere, headers=headers)
        bus.settle()
    assert found.findings == frozenset()
    position = bus.ends()[topic, elsewhere] - 1
    reason = "SELECT reason FROM dead_letter WHERE topic = %s AND partition = %s AND position = %s"
    assert bus.rows(reason, topic, elsewhere, position) == [("identity_conflict",)]
    after = bus.compared()[1].claims
    assert after - before == {ClaimOutcome.DEAD_LETTERED: 1}, "what was applied is none of its copies"


def test_every_difference_is_told_with_its_ids_and_a_code_of_its_own(bus: SmallBus) -> None:
    bus.harm(LOST_FIGURE, KPI_MEASURED.name, "another-lost-figure")
    findings, _ = bus.compared()
    told = reconcile(bus, "--ndjson")
    assert told.exit_code == ExitCode.DIFFERS
    *lines, summary = [json.loads(line) for line in told.stdout.splitlines()]
    assert {line["kind"] for line in lines} == {finding.kind for finding in findings}
    assert summary["kind"] == "summary"
    assert summary["differences"] + summary["harmless"] == len(lines) == len(findings)
    whole = json.loads(reconcile(bus, "--json").stdout)
    assert sorted(map(json.dumps, whole["findings"])) == sorted(map(json.dumps, lines))
    for language in ("en", "fa"):
        shown = reconcile(bus, "--lang", language)
        assert shown.exit_code == ExitCode.DIFFERS
        for finding in findings:
            assert finding.event_id is None or finding.event_id in shown.stdout
