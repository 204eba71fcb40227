"""Acts that wait are tried, and let go, each by itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from consumers.parking import OperatorAction, ParkReason
from consumers.requests import cases
from consumers.requests.fold import WAITING_BYTES_MAX
from consumers.requests.handlers import RequestsHandler
from consumers.runner.outcomes import DeadLetterReason
from schemas.base import Event
from schemas.decode import encode
from schemas.intake_directorate import OfficePaid, WindowCloseRequested
from schemas.intake_office import RequestAccepted
from schemas.limits import limits_of
from schemas.log_letters import ClaimSetAside
from schemas.log_requests import ClaimRefusal, ClaimRefused, WindowMarked
from schemas.topics import INTAKE_DIRECTORATE, LOG_REQUESTS
from tests.kit.on_sql.requests import DIRECTORATE, SetClock, SetEnds, claim_record
from tests.kit.values.builders import MOMENT, code_bits
from tests.kit.values.clocks import trusting_watch
from tests.memory.operators import MemoryParkOperator
from tests.memory.positions import BusSession
from tests.memory.requests import request_stores
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryTelemetry


class FailingClock(SetClock):
    """A clock on which the code fails when it is asked for the business time of one moment."""

    poisoned: datetime | None = None

    def business(self, real: datetime) -> datetime:
        if real == self.poisoned:
            raise ZeroDivisionError
        return super().business(real)


def test_of_two_failed_acts_the_one_that_fails_again_stays_when_the_other_goes() -> None:
    tables, clock = BusDatabase(), FailingClock()
    session = BusSession(tables)
    handler = RequestsHandler(
        lambda request_id, attempt: b"seed", code_bits, clock, trusting_watch(), MemoryTelemetry(), SetEnds()
    )
    times = {number: MOMENT + timedelta(seconds=number) for number in (1, 2, 3)}
    for number, appended_at in times.items():
        paid = OfficePaid(office="office-1", amount_rial=5_000, reference=f"bank-{number}")
        record = claim_record(DIRECTORATE, paid, event_id=f"paid-{number}", appended_at=appended_at)
        with session.transaction() as transaction:
            handler.park_failed(request_stores(transaction, tables), record, ZeroDivisionError())
    with session.transaction() as transaction:
        MemoryParkOperator(transaction, tables).decide(times, OperatorAction.REDRIVE)
    clock.poisoned = times[2]
    with session.transaction() as transaction:
        assert handler.sweep(request_stores(transaction, tables)) == 2
    logged = [ClaimRefused.model_validate_json(row.message.body) for row in tables.outbox.rows.values()]
    assert [event.claim_id for event in logged] == ["paid-1", "paid-3"], "nobody knows the office"
    assert [(number, row.event.reason) for number, row in tables.parked.rows.items()] == [(2, ParkReason.FAILED)]


def test_an_act_whose_words_cannot_be_encoded_is_not_remembered_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables, clock = BusDatabase(), SetClock()
    session = BusSession(tables)
    handler = RequestsHandler(
        lambda request_id, attempt: b"seed", code_bits, clock, trusting_watch(), MemoryTelemetry(), SetEnds()
    )
    record = claim_record(DIRECTORATE, WindowCloseRequested(window=1), event_id="close-1")
    with session.transaction() as transaction:
        handler.park_failed(request_stores(transaction, tables), record, ZeroDivisionError())

    def try_again() -> None:
        with session.transaction() as transaction:
            MemoryParkOperator(transaction, tables).decide([1], OperatorAction.REDRIVE)
        with session.transaction() as transaction:
            handler.sweep(request_stores(transaction, tables))

    def encode_some(event: Event) -> bytes:
        if isinstance(event, WindowMarked) and event.partition == 2:
            raise ZeroDivisionError
        return encode(event)

    with monkeypatch.context() as patched:
        patched.setattr(cases, "encode", encode_some)
        try_again()
    assert (tables.outbox.rows, tables.acts.rows) == ({}, {})
    assert [row.event.reason for row in tables.parked.rows.values()] == [ParkReason.FAILED]
    try_again()
    assert len(tables.outbox.rows) == LOG_REQUESTS.partitions
    assert tables.parked.rows == {}


def test_a_claim_that_is_too_large_is_a_dead_letter_and_nothing_else_is_made_of_it() -> None:
    tables = BusDatabase()
    session = BusSession(tables)
    handler = RequestsHandler(
        lambda request_id, attempt: b"seed", code_bits, SetClock(), trusting_watch(), MemoryTelemetry(), SetEnds()
    )
    paid = claim_record(DIRECTORATE, OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1"))
    large = replace(paid, value=(paid.value or b"") + b" " * limits_of(INTAKE_DIRECTORATE).body_bytes)
    with session.transaction() as transaction:
        handler.handle(request_stores(transaction, tables), [large])
    with session.transaction() as transaction:
        handler.park_failed(request_stores(transaction, tables), large, ZeroDivisionError())
    [(_, letter, _)] = tables.letters.rows.values()
    assert (letter.reason, letter.field) == (DeadLetterReason.TOO_LARGE, "body")
    [said] = [row.message.envelope.type for row in tables.outbox.rows.values()]
    assert (said, tables.parked.rows) == (ClaimSetAside.type_name(), {}), "the letter is told, once"


def test_large_early_claims_on_one_request_may_wait_up_to_so_many_bytes_and_are_then_refused_with_the_remedy() -> None:
    tables = BusDatabase()
    session = BusSession(tables)
    handler = RequestsHandler(
        lambda request_id, attempt: b"seed", code_bits, SetClock(), trusting_watch(), MemoryTelemetry(), SetEnds()
    )
    request_id = UUID(int=1)
    early = claim_record("/offices/office-1", RequestAccepted(request_id=request_id, operator="op"))
    padded = replace(early, value=(early.value or b"") + b" " * (WAITING_BYTES_MAX // 3))
    for number in range(4):
        headers = tuple((name, b"e-%d" % number if name == "ce_id" else value) for name, value in padded.headers)
        with session.transaction() as transaction:
            handler.handle(request_stores(transaction, tables), [replace(padded, headers=headers, position=number)])
    assert len(tables.parked.rows) == 2, "a third would be too much"
    refused = [ClaimRefused.model_validate_json(row.message.body) for row in tables.outbox.rows.values()]
    assert [event.reason for event in refused] == [ClaimRefusal.TOO_MANY_WAIT] * 2
    assert "256 KiB would wait for this request; send the missing ones first" in refused[0].detail
