"""From records to what is compared of them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers.reconciliation.reading import Booked, Claimed, Foreign, Seen, digest_of, read_facts
from consumers.runner.records import Record
from consumers.settlement.expected import expected_of
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.identity import derived_id
from schemas.intake_directorate import WindowCloseRequested
from schemas.log_requests import WindowMarked
from schemas.log_settlement import FeePosted
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.on_sql.requests import DIRECTORATE, claim_record
from tests.kit.on_sql.requests import collected as said_collected
from tests.kit.values.builders import MOMENT
from tests.kit.values.claims import REQUEST, intake_record
from tests.kit.values.ledger_log import OFFICE, RequestsLog, collected, request, returned, started

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_an_event_that_moves_cash_is_seen_with_what_the_ledger_must_hold() -> None:
    log = RequestsLog()
    log.add(collected(request(1), 30_000))
    log.add(returned(request(1), 10_000, 0))
    seen, booked = read_facts(log.records[0], expected_of)
    assert isinstance(seen, Seen)
    assert isinstance(booked, Booked)
    assert (seen.subject, seen.sequence, seen.amount_rial) == (str(request(1)), 1, 30_000)
    assert (booked.event_id, booked.kind, booked.amount_rial) == (seen.event_id, "collect", 30_000)
    assert (booked.debit_account, booked.credit_account) == (f"office:{OFFICE}:drawer", "citizens")
    given_back = read_facts(log.records[1], expected_of)[0]
    assert isinstance(given_back, Seen)
    assert given_back.amount_rial == -10_000


def test_an_event_without_money_is_only_seen() -> None:
    log = RequestsLog()
    log.add(started(request(1)))
    [seen] = read_facts(log.records[0], expected_of)
    assert isinstance(seen, Seen)
    assert (seen.type, seen.amount_rial) == ("ir.pishkhan.OfficeStarted.v1", None)


def bus_record(topic: str, key: str, envelope: Envelope, body: bytes) -> Record:
    return Record(topic, 0, 5, key.encode(), tuple(to_headers(envelope)), body, NOON)


def test_a_marker_has_no_place_in_an_order() -> None:
    marked = WindowMarked(window=2, partition=0, partitions=12)
    record = bus_record(
        LOG_REQUESTS.name, "window-2", Envelope("m", "/bus", marked.type_name(), time=NOON), encode(marked)
    )
    assert read_facts(record, expected_of) == [
        Seen(
            LOG_REQUESTS.name,
            0,
            5,
            "m",
            marked.type_name(),
            "window-2",
            None,
            None,
            NOON,
            None,
            digest_of(encode(marked)),
        )
    ]


def test_an_income_is_seen_with_its_amount() -> None:
    posted = FeePosted(
        transaction_id=UUID(int=1),
        window=1,
        request_id=REQUEST,
        office=OFFICE,
        amount_rial=5,
        legs=(),
        office_income_rial=3,
        released_rial=0,
    )
    envelope = Envelope("t", "/bus", posted.type_name(), sequence=6, time=NOON)
    [seen] = read_facts(bus_record(LOG_SETTLEMENT.name, str(REQUEST), envelope, encode(posted)), expected_of)
    assert isinstance(seen, Seen)
    assert seen.amount_rial == 3


@pytest.mark.parametrize(
    ("key", "envelope", "body"),
    [
        (str(REQUEST), Envelope("e", "/bus", "ir.pishkhan.OfficeStarted.v1"), b"{}"),
        ("no-request", Envelope("e", "/bus", "ir.pishkhan.OfficeStarted.v1", sequence=1), b"{}"),
        (str(REQUEST), Envelope("e", "/bus", "ir.pishkhan.OfficeCollectedFee.v1", sequence=1), b"poison"),
        (str(REQUEST), Envelope("", "/bus", "ir.pishkhan.OfficeStarted.v1", sequence=1), b"{}"),
        (str(REQUEST), Envelope("e", "/bus", "ir.pishkhan.RequestClosed.v1", sequence=1), b"{}"),
        ("window-x", Envelope("e", "/bus", "ir.pishkhan.WindowMarked.v1"), b"{}"),
    ],
)
def test_what_the_bus_cannot_have_written_is_foreign(key: str, envelope: Envelope, body: bytes) -> None:
    record = bus_record(LOG_REQUESTS.name, key, envelope, body)
    assert read_facts(record, expected_of) == [Foreign(LOG_REQUESTS.name, 0, 5)]


@pytest.mark.parametrize(("key", "body"), [("k", b"{}"), ("k", b"[]"), ("k", b"\xff"), ("a\0b", b"{}")])
def test_an_income_that_cannot_be_read_is_foreign(key: str, body: bytes) -> None:
    record = bus_record(LOG_SETTLEMENT.name, key, Envelope("e", "/bus", FeePosted.type_name()), body)
    assert read_facts(record, expected_of) == [Foreign(LOG_SETTLEMENT.name, 0, 5)]


def test_a_claim_names_the_event_that_must_follow_from_it() -> None:
    record = claim_record("/offices/office-1", said_collected(REQUEST), event_id="c")
    [claimed] = read_facts(record, expected_of)
    assert isinstance(claimed, Claimed)
    assert claimed.consumer == "requests"
    assert claimed.outcome_id == derived_id("/offices/office-1", "c", 0)
    assert (claimed.subject, claimed.amount_rial) == (str(REQUEST), 30_000)
    assert claimed.acceptable
    [act] = read_facts(claim_record(DIRECTORATE, WindowCloseRequested(window=1), event_id="w"), expected_of)
    assert isinstance(act, Claimed)
    assert (act.subject, act.amount_rial) == (None, None)


def test_what_cannot_be_read_is_a_claim_without_a_body() -> None:
    [claimed] = read_facts(intake_record("e", {"service": "nothing else"}), expected_of)
    assert isinstance(claimed, Claimed)
    assert (claimed.event_id, claimed.body_hash, claimed.outcome_id) == ("e", None, None)
    assert not claimed.acceptable
    garbage = Record("pishkhan.intake.water", 0, 0, None, (), b"\xff", MOMENT)
    [claimed] = read_facts(garbage, expected_of)
    assert isinstance(claimed, Claimed)
    assert (claimed.consumer, claimed.source, claimed.event_id) == ("requests", None, None)


def test_what_can_be_read_and_would_not_be_accepted_today_is_told_apart() -> None:
    said = {"request_id": str(REQUEST), "reason": "0499370899 called"}
    [claimed] = read_facts(intake_record("e", said, type_name="RequestCancelled"), expected_of)
    assert isinstance(claimed, Claimed)
    assert claimed.body_hash is not None
    assert not claimed.acceptable
