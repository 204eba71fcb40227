"""Batches into the ledger: order, repeats, gaps, failures, windows; on stores in memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from consumers.logs import LogUnreadable
from consumers.parking import NEVER, OperatorAction, ParkReason
from consumers.runner.outcomes import Outcome
from consumers.settlement.domain.page import WindowSkipped
from schemas import log_settlement as ledger
from schemas.decode import EventInvalid, events_by_type, parse_strictly
from schemas.log_requests import DisputeMarked, FineAccepted
from schemas.message import Message
from schemas.partition import partition_of
from schemas.topics import LOG_SETTLEMENT
from tests.kit.values.ledger_log import (
    OFFICE,
    REQUEST,
    START,
    RequestsLog,
    accepted,
    at_position,
    bill,
    certificate,
    closed,
    completed,
    life,
    payment,
    refunded,
    request,
    returned,
)
from tests.memory.desk import Desk

ACT = UUID("00000000-0000-4000-8000-0000000000ac")
#: The Jalali month of the log's days.
AZAR = 140509


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_life_is_entered_in_order_and_its_messages_are_valid(desk: Desk) -> None:
    records = life(RequestsLog())
    desk.handle(*records)
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert [row.number for row in desk.memory.rows] == [1, 2, 3, 4]
    assert desk.memory.sequences == {str(REQUEST): 4}
    assert desk.count(Outcome.HANDLED) == 4
    types = [type(read(message)) for message in desk.memory.messages]
    assert types == [ledger.FeeHeld, ledger.CollectionRecorded, ledger.FeePosted]
    assert {message.partition for message in desk.memory.messages} == {records[0].partition}
    assert [message.envelope.sequence for message in desk.memory.messages] == [1, 2, 4]


def read(message: Message) -> Any:
    return parse_strictly(events_by_type(LOG_SETTLEMENT)[message.envelope.type], message.body)


def test_events_that_come_again_are_skipped(desk: Desk) -> None:
    records = life(RequestsLog())
    desk.handle(*records)
    before = list(desk.memory.rows)
    desk.handle(*(at_position(record, record.position + 10) for record in records))
    desk.handle(records[0], records[0], records[3])
    assert desk.memory.rows == before
    assert desk.count(Outcome.DUPLICATE) == 7


def test_an_event_beyond_a_gap_waits_until_the_gap_is_filled(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first, fourth)
    desk.handle(third)
    assert desk.kinds() == ["hold"]
    assert [row.event.reason for row in desk.memory.park.rows] == [ParkReason.GAP, ParkReason.GAP]
    assert all(row.event.expires_at == NEVER for row in desk.memory.park.rows)
    desk.handle(second)
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert desk.memory.park.rows == []
    assert desk.memory.sequences == {str(REQUEST): 4}


def test_a_waiting_event_that_comes_again_waits_once(desk: Desk) -> None:
    first, _, third, _ = life(RequestsLog())
    desk.handle(first, third, at_position(third, 90))
    desk.handle(at_position(third, 91))
    assert len(desk.memory.park.rows) == 1
    assert desk.count(Outcome.DUPLICATE) == 2


def test_disorder_within_a_batch_never_reaches_the_park(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(fourth, second, first, third)
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert desk.memory.park.ever == 0


def test_only_movements_of_positions_carry_a_place_in_the_loads_order(desk: Desk) -> None:
    log = RequestsLog()
    desk.handle(*life(log), log.add(payment(9_000), ACT))
    stamps = [
        (m.envelope.type.split(".")[2], m.envelope.load_revision, m.envelope.load_index) for m in desk.memory.messages
    ]
    assert stamps == [
        ("FeeHeld", None, None),
        ("CollectionRecorded", None, None),
        ("FeePosted", 1, 0),
        ("OfficePaymentRecorded", 1, 1),
    ]
    assert desk.memory.income == {OFFICE: (AZAR, 21_000)}
    assert desk.memory.reserved_rial == {OFFICE: -9_000}


def test_income_is_kept_of_the_newest_month_alone_within_a_batch_and_across(desk: Desk) -> None:
    log = RequestsLog()
    # Dey 1405 begins on the 22nd of December.
    azar, dey = START.replace(month=12, day=21), START.replace(month=12, day=22)
    fee = certificate()
    ended = [
        (log.add(accepted(request(n), fee)), log.add(completed(request(n), fee), at=time))
        for n, time in enumerate((azar, dey, azar, dey))
    ]
    desk.handle(*ended[0])
    assert desk.memory.income == {OFFICE: (AZAR, 21_000)}
    desk.handle(*ended[1], *ended[2])
    assert desk.memory.income == {OFFICE: (AZAR + 1, 21_000)}
    desk.handle(*ended[3], log.add(refunded(request(0), fee, 10_000), at=dey))
    assert desk.memory.income == {OFFICE: (AZAR + 1, 42_000 - 7_000)}


def test_a_batch_that_moves_no_position_leaves_the_load_clock_alone(desk: Desk) -> None:
    first, second, _, _ = life(RequestsLog())
    desk.handle(first, second)
    assert desk.memory.revision == 0


def test_an_offices_act_is_announced_under_the_office(desk: Desk) -> None:
    log = RequestsLog()
    fine = FineAccepted(fine_id=ACT, office=OFFICE, amount_rial=5, lifted=False, minutes_number="1")
    desk.handle(log.add(payment(7), ACT), log.add(fine, request(2)))
    assert [(message.key, message.partition, message.envelope.sequence) for message in desk.memory.messages] == [
        (OFFICE, None, None),
        (OFFICE, None, None),
    ]


def test_a_record_that_cannot_be_decoded_is_left_to_the_runner(desk: Desk) -> None:
    first = life(RequestsLog())[0]
    with pytest.raises(EventInvalid, match="request_id"):
        desk.handle(replace(first, value=b"{}"))
    with pytest.raises(LogUnreadable, match="ce_sequence"):
        desk.handle(replace(first, headers=tuple(pair for pair in first.headers if pair[0] != "ce_sequence")))
    with pytest.raises(LogUnreadable, match="body: is missing"):
        desk.handle(replace(first, value=None))
    assert desk.memory.rows == []


def test_what_failed_waits_for_an_operator_and_the_rest_behind_it(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    broken = replace(second, value=b"{}")
    desk.handle(first)
    desk.park_failed(broken, EventInvalid("office", "Field required"))
    desk.handle(third, fourth)
    # The log's repair brings the failed event once more: it is known, and not tried without an operator.
    desk.handle(at_position(broken, 70))
    assert [row.event.reason for row in desk.memory.park.rows] == [ParkReason.FAILED, ParkReason.GAP, ParkReason.GAP]
    assert desk.memory.park.rows[0].event.detail == "EventInvalid: office: Field required"
    assert desk.sweep() == 0
    assert desk.kinds() == ["hold"]


def test_an_operator_may_skip_what_failed(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first)
    desk.park_failed(second, EventInvalid("office", "Field required"))
    desk.handle(third, fourth)
    desk.memory.park.decide(OperatorAction.SKIP, reason=ParkReason.FAILED)
    assert desk.sweep() == 3
    assert desk.kinds() == ["hold", "post", "post"]
    assert desk.memory.park.rows == []


def test_an_operator_may_redrive_what_failed(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first)
    desk.park_failed(second, EventInvalid("office", "Field required"))
    desk.handle(third, fourth)
    desk.memory.park.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 3
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert desk.memory.park.rows == []


def test_what_fails_again_stays_and_the_decision_is_carried_out(desk: Desk) -> None:
    first, second, _, _ = life(RequestsLog())
    desk.handle(first)
    desk.park_failed(replace(second, value=b"{}"), EventInvalid("office", "Field required"))
    desk.memory.park.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 0
    assert [(row.event.reason, row.action) for row in desk.memory.park.rows] == [(ParkReason.FAILED, None)]


def test_redriving_cannot_jump_a_gap(desk: Desk) -> None:
    desk.handle(life(RequestsLog())[2])
    desk.memory.park.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 0
    assert [(row.event.reason, row.action) for row in desk.memory.park.rows] == [(ParkReason.GAP, None)]


def test_skipping_cannot_jump_a_gap_so_what_is_missing_still_counts_when_it_comes(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(third)
    desk.memory.park.decide(OperatorAction.SKIP)
    assert desk.sweep() == 0
    assert [(row.event.reason, row.action) for row in desk.memory.park.rows] == [(ParkReason.GAP, None)]
    desk.handle(first, second, fourth)
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert desk.memory.park.rows == []


def test_what_is_kept_of_a_strangers_error_is_its_name_alone(desk: Desk) -> None:
    desk.park_failed(life(RequestsLog())[0], ValueError("0012345678 is no amount"))
    assert desk.memory.park.rows[0].event.detail == "ValueError"


def test_an_unreadable_record_can_be_parked_and_skipped(desk: Desk) -> None:
    record = replace(life(RequestsLog())[0], headers=(), key=None)
    desk.park_failed(record, LogUnreadable("ce_type", "is missing"))
    desk.memory.park.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 0
    assert len(desk.memory.park.rows) == 1
    desk.memory.park.decide(OperatorAction.SKIP)
    assert desk.sweep() == 1
    assert desk.memory.park.rows == []


def test_a_parked_event_that_fails_in_its_turn_does_not_blame_the_one_before(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first, third, replace(fourth, value=b"{}"))
    desk.handle(second)
    assert desk.kinds() == ["hold", "collect"]
    assert desk.memory.sequences == {str(REQUEST): 3}
    assert [row.event.reason for row in desk.memory.park.rows] == [ParkReason.FAILED]


def test_a_dispute_is_kept_and_moves_no_money(desk: Desk) -> None:
    log = RequestsLog()
    records = [*life(log), log.add(DisputeMarked(request_id=REQUEST, open=True, reason="overcharged"))]
    desk.handle(*records)
    assert {subject: open_ for subject, (open_, _) in desk.memory.disputes.items()} == {REQUEST: True}
    assert len(desk.memory.rows) == 4
    assert desk.memory.sequences == {str(REQUEST): 5}


def test_a_window_closes_when_the_last_partition_has_passed_its_marker(desk: Desk) -> None:
    log = RequestsLog(partitions=3)
    records = life(log)
    markers = log.mark(1)
    log.add(refunded(REQUEST, certificate(), 30_000))
    log.add(returned(REQUEST, 30_000, freed_rial=9_000))
    desk.handle(*records, *markers[:2])
    assert desk.memory.closed == {}
    desk.handle(markers[2], *log.records[len(records) + 3 :])
    assert list(desk.memory.closed) == [1]
    closing = desk.memory.closed[1]
    assert (closing.transfers, closing.posted_rial, closing.refunded_rial) == (4, 30_000, 0)
    assert {row.window_number for row in desk.memory.rows[:4]} == {1}
    assert {row.window_number for row in desk.memory.rows[4:]} == {2}


def test_statements_follow_the_closing_under_one_key(desk: Desk) -> None:
    log = RequestsLog(partitions=3)
    desk.handle(*life(log), *log.mark(1))
    messages = [message for message in desk.memory.messages if message.key == "1"]
    closing, *issued = [read(message) for message in messages]
    assert isinstance(closing, ledger.WindowClosed)
    assert {one.account: one.closing_rial for one in issued} == {
        "bank:melli": -9_000,
        "citizens": 0,
        f"office:{OFFICE}": -21_000,
        f"office:{OFFICE}:drawer": 30_000,
        "suspense": 0,
    }
    assert len({message.envelope.id for message in messages}) == len(messages)
    # What is published is the same whoever closes the window, and when.
    again = Desk()
    for record in log.records:
        again.handle(record)
    assert [message for message in again.memory.messages if message.key == "1"] == messages


def test_markers_that_come_again_close_nothing_again(desk: Desk) -> None:
    log = RequestsLog(partitions=3)
    markers = log.mark(1)
    desk.handle(*markers)
    desk.handle(*(at_position(marker, 50) for marker in markers))
    assert list(desk.memory.closed) == [1]
    assert {page.window for page in desk.memory.pages.values()} == {2}


def test_windows_that_one_batch_passes_close_in_their_order(desk: Desk) -> None:
    log = RequestsLog(partitions=3)
    desk.handle(*log.mark(1), *log.mark(2))
    assert list(desk.memory.closed) == [1, 2]


def test_a_marker_before_its_time_is_a_failure(desk: Desk) -> None:
    with pytest.raises(WindowSkipped):
        desk.handle(*RequestsLog(partitions=3).mark(2))


def test_a_marker_that_failed_can_be_redriven(desk: Desk) -> None:
    log = RequestsLog(partitions=3)
    first, second, third = log.mark(1)
    desk.handle(first, second)
    desk.park_failed(third, WindowSkipped("too early"))
    desk.memory.park.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 1
    assert list(desk.memory.closed) == [1]
    assert desk.memory.park.rows == []


def test_a_cancelled_bill_frees_its_reservation(desk: Desk) -> None:
    log = RequestsLog()
    desk.handle(log.add(accepted(REQUEST, bill())), log.add(closed(REQUEST, bill())))
    assert desk.memory.reserved_rial == {OFFICE: -1_250_000}
    assert desk.memory.balance("suspense") == 0
    message = desk.memory.messages[-1]
    assert read(message).released_rial == 1_250_000
    assert message.partition == partition_of(str(REQUEST), LOG_SETTLEMENT.partitions)
