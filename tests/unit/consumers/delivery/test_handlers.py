"""Batches into the feeds: order, repeats, gaps, failures, numbers, the agencies' topics; on stores in memory."""

import json
from itertools import count
from random import Random
from uuid import uuid5

import pytest

from consumers.delivery.entries import Entry
from consumers.delivery.feeds import PAGE_MAX
from consumers.parking import OperatorAction, ParkReason
from consumers.runner.outcomes import Outcome
from consumers.runner.records import Record
from schemas.decode import parse
from schemas.envelope import from_headers, to_headers
from schemas.feed import DIRECTORATE_FEED, FeedEntry
from schemas.log_registry import RegistryClaimRefused, RegistryRefusal
from schemas.log_requests import CloseReason
from schemas.topics import FEED_AGENCY, LOG_LETTERS, LOG_REGISTRY, LOG_REQUESTS
from tests.kit.values.ledger_log import (
    NAMES,
    REQUEST,
    RequestsLog,
    accepted,
    at_position,
    certificate,
    closed,
    completed,
    payment,
    request,
    started,
)
from tests.kit.values.recorded import RECORDED, recorded
from tests.kit.values.told_log import declined, letter, on_log, opened, refused_claim, replied, routed, routed_twice
from tests.memory.feeds import FeedDesk

ACT = uuid5(NAMES, "an act")


@pytest.fixture
def desk() -> FeedDesk:
    return FeedDesk()


def test_everybody_is_told_of_his_part_in_order(desk: FeedDesk) -> None:
    desk.handle(*routed_twice(RequestsLog()))
    assert desk.types("agency:water") == ["RequestOpened", "RequestRouted", "OfficeDeclined", "RequestRouted"]
    assert desk.types(DIRECTORATE_FEED) == desk.types("agency:water")
    assert desk.types("office:office-1") == ["RequestRouted", "OfficeDeclined"]
    assert desk.types("office:office-2") == ["RequestRouted"]
    assert {entry.subject for entry in desk.feed(DIRECTORATE_FEED)} == {str(REQUEST)}
    assert desk.count(Outcome.HANDLED) == 4


def test_an_entry_says_where_it_comes_from(desk: FeedDesk) -> None:
    records = routed_twice(RequestsLog())
    desk.handle(*records)
    places = [(entry.topic, entry.partition, entry.position) for entry in desk.feed("agency:water")]
    assert places == [(record.topic, record.partition, record.position) for record in records]
    ids = [entry.id for entry in desk.feed("agency:water")]
    assert ids == [from_headers(record.headers).id for record in records]


def test_what_comes_again_keeps_its_number(desk: FeedDesk) -> None:
    records = [*routed_twice(RequestsLog()), on_log(LOG_LETTERS.name, "water", letter("pishkhan.intake.water"))]
    desk.handle(*records)
    before = dict(desk.database.feed_entries.rows)
    desk.handle(*(at_position(record, record.position + 10) for record in records))
    desk.handle(records[0], records[4], records[4])
    assert desk.database.feed_entries.rows == before
    assert desk.count(Outcome.DUPLICATE) == 8


def test_what_comes_twice_in_one_batch_is_told_once(desk: FeedDesk) -> None:
    record = on_log(LOG_LETTERS.name, "water", letter("pishkhan.intake.water"))
    first = RequestsLog().add(opened())
    desk.handle(record, first, at_position(record, 9), at_position(first, 9))
    assert desk.types("agency:water") == ["ClaimSetAside", "RequestOpened"]


def test_an_event_beyond_a_gap_waits_and_whom_it_concerns_is_known_then(desk: FeedDesk) -> None:
    log = RequestsLog()
    first, second, third, fourth = (
        log.add(opened()),
        log.add(routed()),
        log.add(accepted(REQUEST, certificate())),
        log.add(replied()),
    )
    desk.handle(first, fourth)
    desk.handle(third)
    assert desk.types("agency:water") == ["RequestOpened"]
    assert [row.event.reason for row in desk.parked()] == [ParkReason.GAP, ParkReason.GAP]
    desk.handle(second)
    assert desk.types("agency:water") == ["RequestOpened", "RequestRouted", "OfficeAccepted", "AgencyReplied"]
    assert desk.types("office:office-1") == ["RequestRouted", "OfficeAccepted", "AgencyReplied"]
    assert desk.parked() == []


def test_who_has_lost_a_request_is_not_told_of_it_any_more(desk: FeedDesk) -> None:
    log = RequestsLog()
    gone = closed(REQUEST, None, office=None, reason=CloseReason.EXPIRED)
    desk.handle(log.add(opened()), log.add(routed()), log.add(declined()), log.add(gone))
    assert desk.types("office:office-1") == ["RequestRouted", "OfficeDeclined"]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_arrival_and_the_cut_into_batches_change_nothing_of_a_subjects_order(seed: int) -> None:
    """As after `repair topic`: what was lost is appended behind what came later, and some of it twice."""
    chance, log = Random(seed), RequestsLog(partitions=2)
    told: dict[str, list[str]] = {}
    for number in range(6):
        one = request(number)
        for event in (opened(one), routed(one), accepted(one, certificate()), started(one)):
            told.setdefault(str(one), []).append(type(event).__name__)
            log.add(event)
    records = [*log.records, *chance.sample(log.records, 8)]
    chance.shuffle(records)
    desk, places = FeedDesk(), count()
    while records:
        size = chance.randrange(1, 7)
        desk.handle(*(at_position(record, next(places)) for record in records[:size]))
        records = records[size:]
    assert desk.parked() == []
    for subject, types in told.items():
        own = [entry for entry in desk.feed("agency:water") if entry.subject == subject]
        assert [entry.type.split(".")[2] for entry in own] == types


def test_a_record_that_cannot_be_read_waits_and_holds_its_subject_up_alone(desk: FeedDesk) -> None:
    log = RequestsLog()
    first, second, third = log.add(opened()), log.add(routed()), log.add(accepted(REQUEST, certificate()))
    other = log.add(opened(request(2)))
    broken = _with_body(second, b"[]")
    desk.handle(first)
    desk.park_failed(broken, ValueError("a secret"))
    desk.park_failed(broken, ValueError("a secret"))
    desk.handle(third, other)
    assert len(desk.parked()) == 2
    assert "secret" not in desk.parked()[0].event.detail
    assert desk.types("agency:water") == ["RequestOpened", "RequestOpened"]
    desk.decide(OperatorAction.SKIP)
    assert desk.sweep() == 2
    assert desk.parked() == []


def test_what_failed_is_told_in_its_turn_when_it_is_tried_again(desk: FeedDesk) -> None:
    log = RequestsLog()
    first, second, third = log.add(opened()), log.add(routed()), log.add(accepted(REQUEST, certificate()))
    desk.handle(first)
    desk.park_failed(second, ValueError())
    desk.handle(third)
    desk.decide(OperatorAction.REDRIVE)
    assert desk.sweep() == 2
    assert desk.types("agency:water") == ["RequestOpened", "RequestRouted", "OfficeAccepted"]
    assert desk.types("office:office-1") == ["RequestRouted", "OfficeAccepted"]


def test_what_waits_behind_a_gap_cannot_be_skipped(desk: FeedDesk) -> None:
    log = RequestsLog()
    _, second = log.add(opened()), log.add(routed())
    desk.handle(second)
    desk.decide(OperatorAction.SKIP)
    assert desk.sweep() == 0
    assert [row.event.reason for row in desk.parked()] == [ParkReason.GAP]


def test_what_nobody_is_told_of_moves_on(desk: FeedDesk) -> None:
    desk.handle(*RequestsLog().mark(1))
    assert desk.database.feed_entries.rows == {}
    assert desk.count(Outcome.HANDLED) == LOG_REQUESTS.partitions


def test_what_a_newer_version_says_is_passed_over_in_its_order(desk: FeedDesk) -> None:
    log = RequestsLog()
    first, second, third = log.add(opened()), log.add(routed()), log.add(accepted(REQUEST, certificate()))
    desk.handle(first, _with_type(second, "ir.pishkhan.Newer.v1"), third)
    assert desk.types("agency:water") == ["RequestOpened", "OfficeAccepted"]


def test_a_payment_a_refusal_and_an_end_without_an_office_find_whom_they_concern(desk: FeedDesk) -> None:
    log = RequestsLog()
    claim = refused_claim("/agencies/post", REQUEST)
    desk.handle(
        log.add(opened()), log.add(payment(5), ACT), log.add(claim), log.add(closed(REQUEST, None, office=None))
    )
    assert desk.types("office:office-1") == ["OfficePaymentAccepted"]
    assert desk.types("agency:post") == ["ClaimRefused"]
    assert desk.types("agency:water") == ["RequestOpened", "RequestClosed"]
    assert len(desk.feed(DIRECTORATE_FEED)) == 4


def test_an_agency_with_a_topic_gets_the_same_entries_there_under_the_same_numbers() -> None:
    desk = FeedDesk(agencies=["water"])
    log = RequestsLog()
    post = opened(request(2), agency="post")
    desk.handle(log.add(opened()), log.add(post), log.add(routed()))
    desk.handle(log.add(accepted(REQUEST, certificate())), log.add(completed(REQUEST, certificate())))
    rows = desk.published()
    assert {(row.message.topic, row.partition) for row in rows} == {("pishkhan.feed.water", 0)}
    bodies = [parse(FeedEntry, row.message.body) for row in rows]
    assert [body.number for body in bodies] == [1, 2, 3, 4]
    assert [body.number for body in bodies] == [row.message.envelope.sequence for row in rows]
    entries = desk.feed("agency:water")
    assert [(body.id, body.type, body.time, body.subject) for body in bodies] == [
        (entry.id, entry.type, entry.time, entry.subject) for entry in entries
    ]
    assert [dict(body.data) for body in bodies] == [json.loads(entry.data) for entry in entries]
    assert len({row.message.envelope.id for row in rows}) == 4
    for row in rows:
        assert from_headers(to_headers(row.message.envelope)) == row.message.envelope
    assert FEED_AGENCY.partitions == 1


def test_three_readers_of_one_feed_read_the_same_however_they_cut_it(desk: FeedDesk) -> None:
    log = RequestsLog()
    for number in range(60):
        desk.handle(log.add(opened(request(number))), log.add(routed(request(number))))
    whole = desk.feed("agency:water")
    for size in (1, 7, PAGE_MAX):
        after = 0
        read: list[Entry] = []
        while True:
            page = desk.page("agency:water", after, size)
            read += page.entries
            after = page.after
            assert page.newest == 120
            if not page.more:
                break
        assert read == whole
    assert desk.page("agency:nobody") == desk.page("agency:nobody", 0, 1)
    assert desk.page("agency:nobody").newest == 0


def test_an_event_of_the_registry_is_told_once_and_to_whom_it_concerns(desk: FeedDesk) -> None:
    refusal = RegistryClaimRefused(
        claim_id="c",
        claim_source="/agencies/post",
        claim_type="ir.pishkhan.ServicePublished.v1",
        reason=RegistryRefusal.NOT_OWNER,
        detail="is another agency's",
    )
    record = on_log(LOG_REGISTRY.name, "water.meter", refusal)
    desk.handle(record)
    desk.handle(at_position(record, 5))
    assert desk.data("agency:post") == [
        {
            "claim_id": "c",
            "claim_type": "ir.pishkhan.ServicePublished.v1",
            "reason": "not_owner",
            "detail": "is another agency's",
        }
    ]
    assert desk.types(DIRECTORATE_FEED) == ["RegistryClaimRefused"]


@pytest.mark.parametrize("commit", RECORDED)
def test_logs_of_an_earlier_version_are_told_and_cutting_them_otherwise_changes_no_feed(commit: str) -> None:
    records = recorded(commit).records
    feeds = []
    for size in (500, 37):
        desk = FeedDesk()
        for start in range(0, len(records), size):
            desk.handle(*records[start : start + size])
        assert desk.parked() == []
        names = sorted(desk.database.feed_heads.rows)
        feeds.append({name: desk.feed(name) for name in names})
    assert feeds[0] == feeds[1]
    opened_entries = [entry for entry in feeds[0][DIRECTORATE_FEED] if "RequestOpened" in entry.type]
    assert len(opened_entries) == 220
    assert any(name.startswith("office:") for name in feeds[0])
    assert any(name.startswith("agency:") for name in feeds[0])


@pytest.mark.parametrize("commit", RECORDED)
def test_a_rebuild_says_the_same_again_under_the_same_numbers(commit: str) -> None:
    records, desk = recorded(commit).records, FeedDesk()
    for start in range(0, len(records), 500):
        desk.handle(*records[start : start + 500])
    before = dict(desk.database.feed_entries.rows)
    assert desk.rebuild(*records) == (len(before), len(before), 0)
    harmed = {place: entry._replace(data=b"{}") for place, entry in before.items() if entry.number % 7 == 0}
    desk.database.feed_entries.rows |= harmed
    assert desk.rebuild(*records, change=False).changed > 0
    assert desk.database.feed_entries.rows != before
    assert 0 < desk.rebuild(*records).changed <= len(harmed)
    assert desk.database.feed_entries.rows == before


def _with_body(record: Record, body: bytes) -> Record:
    return Record(record.topic, record.partition, record.position, record.key, record.headers, body, record.appended_at)


def _with_type(record: Record, type_name: str) -> Record:
    headers = tuple((name, type_name.encode() if name == "ce_type" else value) for name, value in record.headers)
    return Record(
        record.topic, record.partition, record.position, record.key, headers, record.value, record.appended_at
    )
