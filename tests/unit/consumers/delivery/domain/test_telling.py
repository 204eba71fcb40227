"""The table of tellings: every event has a row, names fields that exist, and tells nobody of a citizen."""

import json
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from consumers.delivery.domain.telling import TELLINGS, Telling, told, told_to
from consumers.delivery.domain.whom import Known
from schemas.base import Event
from schemas.decode import encode
from schemas.feed import DIRECTORATE_FEED
from schemas.intake_agency import Origin
from schemas.log_settlement import StatementIssued
from schemas.topics import LOG_LETTERS, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values.ledger_log import AGENCY, OFFICE
from tests.kit.values.told_log import CODE, letter, opened, refused_claim, replied, routed

by_row = pytest.mark.parametrize("row", TELLINGS, ids=lambda row: row.event.__name__)
KNOWN = Known(AGENCY, OFFICE)


def shown(event: Event, known: Known = KNOWN) -> dict[str, Any]:
    """Return what each feed is told of an event."""
    return {one.feed: dict(one.data) for one in told(event.type_name(), json.loads(encode(event)), known)}


def test_every_event_of_the_logs_has_one_row() -> None:
    events = [event for topic in (LOG_REQUESTS, LOG_REGISTRY, LOG_SETTLEMENT, LOG_LETTERS) for event in topic.events]
    assert sorted(row.event.__name__ for row in TELLINGS) == sorted(event.__name__ for event in events)


def fields_of(row: Telling) -> list[str]:
    """Return all paths that a row names."""
    return [path for fields in (row.agency, row.office, row.directorate) for path in fields or ()]


@by_row
def test_a_row_names_fields_that_its_event_has_and_each_under_one_name(row: Telling) -> None:
    for path in fields_of(row):
        model: Any = row.event
        for name in path.split("."):
            assert name in model.model_fields, path
            annotation = model.model_fields[name].annotation
            inner = [part for part in (annotation, *get_args(annotation)) if isinstance(part, type)]
            model = next((part for part in inner if issubclass(part, BaseModel)), None)
    for fields in (row.agency, row.office, row.directorate):
        names = [path.rpartition(".")[2] for path in fields or ()]
        assert len(set(names)) == len(names)


@by_row
def test_no_row_tells_of_a_citizen_of_other_candidates_or_of_anybodys_position(row: Telling) -> None:
    banned = {"citizen_ref", "form", "personal", "samples", "excluded", "seed", "exposure_rial", "share_of", "legs"}
    assert not banned & {part for path in fields_of(row) for part in path.split(".")}


def test_the_code_is_told_to_the_agency_that_submitted_and_to_nobody_else() -> None:
    feeds = shown(opened(), Known(AGENCY))
    assert feeds["agency:water"]["tracking_code"] == CODE
    assert "tracking_code" not in feeds[DIRECTORATE_FEED]
    at_desk = shown(opened(origin=Origin.WALK_IN, office=OFFICE), Known(AGENCY, OFFICE))
    assert set(at_desk) == {"agency:water", "office:office-1", DIRECTORATE_FEED}
    assert CODE not in json.dumps(at_desk)


def test_a_citizens_secrets_are_told_to_nobody() -> None:
    words = json.dumps(shown(opened()))
    assert "secret" not in words
    assert "sealed" not in words
    assert str(opened().citizen_ref) not in words


def test_an_office_is_told_of_what_is_routed_to_it_and_nothing_of_the_others() -> None:
    feeds = shown(routed())
    assert set(feeds) == {"agency:water", "office:office-1", DIRECTORATE_FEED}
    assert feeds["office:office-1"] == {
        "service": "service",
        "agency": "water",
        "attempt": 1,
        "accept_by": "2026-11-25T09:00:00Z",
    }
    assert feeds["agency:water"]["office"] == OFFICE
    assert "office-2" not in json.dumps(feeds)


def test_which_paper_is_wanted_reaches_the_office_that_has_the_request() -> None:
    assert shown(replied())["office:office-1"]["document_wanted"] == "the deed of the house"
    assert "document_wanted" not in shown(replied())[DIRECTORATE_FEED]
    assert set(shown(replied(), Known(AGENCY))) == {"agency:water", DIRECTORATE_FEED}


@pytest.mark.parametrize(
    ("source", "feeds"),
    [
        ("/agencies/post", {"agency:post", DIRECTORATE_FEED}),
        ("/offices/bojnurd-1", {"office:bojnurd-1", DIRECTORATE_FEED}),
        ("/directorate", {DIRECTORATE_FEED}),
    ],
)
def test_a_refusal_is_told_to_who_had_said_it(source: str, feeds: set[str]) -> None:
    told_of = shown(refused_claim(source))
    assert set(told_of) == feeds
    assert all(data["reason"] for data in told_of.values())
    others = {feed for feed, data in told_of.items() if "detail" not in data}
    assert others == (set() if source == "/directorate" else {DIRECTORATE_FEED})


@pytest.mark.parametrize(
    ("topic", "source", "feeds"),
    [
        ("pishkhan.intake.post", "/agencies/water", {"agency:post", DIRECTORATE_FEED}),
        ("pishkhan.intake.post", None, {"agency:post", DIRECTORATE_FEED}),
        ("pishkhan.intake.offices", "/offices/bojnurd-1", {"office:bojnurd-1", DIRECTORATE_FEED}),
        ("pishkhan.intake.offices", "/agencies/water", {DIRECTORATE_FEED}),
        ("pishkhan.intake.offices", None, {DIRECTORATE_FEED}),
        ("pishkhan.intake.directorate", "/directorate", {DIRECTORATE_FEED}),
    ],
)
def test_a_letter_is_told_to_the_owner_of_its_topic(topic: str, source: str | None, feeds: set[str]) -> None:
    told_of = shown(letter(topic, source))
    assert set(told_of) == feeds
    own = told_of[(feeds - {DIRECTORATE_FEED} or {DIRECTORATE_FEED}).pop()]
    assert (own["field"], own["detail"], own["position"]) == ("request_id", "is missing", 7)


@pytest.mark.parametrize(
    ("account", "feeds"),
    [
        ("office:bojnurd-1:drawer", {"office:bojnurd-1", DIRECTORATE_FEED}),
        ("holds:agency:post", {"agency:post", DIRECTORATE_FEED}),
        ("treasury:123", {DIRECTORATE_FEED}),
    ],
)
def test_a_statement_is_told_to_whose_account_it_is(account: str, feeds: set[str]) -> None:
    statement = StatementIssued(
        window=3, account=account, opening_rial=1, debits_rial=2, credits_rial=3, closing_rial=0
    )
    assert set(shown(statement, Known())) == feeds


@by_row
def test_contents_are_derived_from_the_event_alone(row: Telling) -> None:
    if row.event in (type(opened()), type(routed()), type(replied())):
        for event in (opened(), routed(), replied()):
            body = json.loads(encode(event))
            for feed, data in told(event.type_name(), body, KNOWN):
                assert told_to(feed, event.type_name(), body) == data
