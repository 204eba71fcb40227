"""What passes one stage passes the next: bodies at their limit, through everything that the bus makes of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin
from uuid import UUID

import pytest

from schemas import agreements, catalogue, intake_agency, intake_directorate, offices, tariff
from schemas.base import Event, Model
from schemas.decode import encode, parse
from schemas.envelope import ID_LENGTH_MAX
from schemas.intake_agency import AgreementPaused, RequestSubmitted, ServicePublished
from schemas.intake_directorate import AgreementChanged, CalendarChanged, OfficeLicensed, TerritoryChanged
from schemas.limits import (
    ENVELOPE_BYTES_MAX,
    FETCH_BYTES,
    FETCH_PARTITION_BYTES,
    GROWTH_MAX,
    INDEX_ROW_BYTES_MAX,
    LISTS,
    PRODUCER_BATCH_BYTES,
    PRODUCER_MESSAGE_BYTES,
    TOPIC_LIMITS,
    WITH_LISTS,
    beyond,
    limits_of,
)
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)
from schemas.log_requests import OfficeAccepted, RefundAccepted, RequestOpened
from schemas.log_settlement import FeePosted
from schemas.tariff import Fee
from schemas.topics import (
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    LOG_REGISTRY,
    LOG_REQUESTS,
    LOG_SETTLEMENT,
    TOPICS,
    Topic,
    Writer,
)

INTAKE = [topic for topic in TOPICS if topic.writer is not Writer.BUS]
#: The registry refuses a part that is neither a fraction nor fixed, though the model by itself takes it.
REFUSED_WITHOUT: dict[type[Model], dict[str, int]] = {tariff.SplitPart: {"fixed_rial": 1}}
MOMENT = "2026-11-25T08:00:00Z"
NAMES = {"fa": "a", "en": "a"}


def models_of(annotation: Any) -> Iterator[type[Model]]:
    """Yield every model that a value of `annotation` may hold, itself included."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_of(field.annotation)
    for part in get_args(annotation):
        yield from models_of(part)


def shortest(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """Return the shortest JSON that fits `schema`, of our generated kind."""
    if "$ref" in schema:
        return shortest(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return min(schema["enum"], key=len)
    if arms := schema.get("anyOf") or schema.get("oneOf"):
        return min((shortest(arm, whole) for arm in arms), key=lambda value: len(json.dumps(value)))
    kind = schema["type"]
    if kind == "object":
        fields = schema.get("properties", {})
        # A constant tells kinds of rules apart, though a single kind has it as its default.
        needed = [name for name in fields if name in schema.get("required", ()) or "const" in fields[name]]
        return {name: shortest(fields[name], whole) for name in needed}
    if kind == "array":
        return [shortest(schema["items"], whole)] * schema.get("minItems", 0)
    if kind == "string":
        words = {"date": "2000-01-01", "date-time": MOMENT, "uuid": "0" * 32}
        return words.get(schema.get("format", ""), "1")
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": True, "null": None}[kind]


def open_lists(event: type[Event]) -> Iterator[tuple[type[Model], str]]:
    """Yield every list below `event` that its model leaves open."""
    for model in models_of(event):
        for name, field in model.model_fields.items():
            bounded = any(getattr(each, "max_length", None) is not None for each in field.metadata)
            if get_origin(field.annotation) is tuple and not bounded:
                yield model, name


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def test_every_topic_has_a_row_and_a_body_with_its_envelope_fits_the_topic() -> None:
    assert [limits.topic for limits in TOPIC_LIMITS] == list(TOPICS)
    for limits in TOPIC_LIMITS:
        assert limits.body_bytes + ENVELOPE_BYTES_MAX <= limits.batch_bytes


def test_what_a_topic_takes_the_relay_sends_and_one_fetch_brings() -> None:
    for limits in TOPIC_LIMITS:
        assert limits.batch_bytes <= PRODUCER_MESSAGE_BYTES
        assert limits.batch_bytes <= FETCH_BYTES
        assert limits.batch_bytes > PRODUCER_BATCH_BYTES, "several short records together are refused nowhere"
    assert FETCH_PARTITION_BYTES <= FETCH_BYTES


def test_no_log_takes_less_than_before_there_were_limits() -> None:
    for limits in TOPIC_LIMITS:
        if limits.topic.writer is Writer.BUS:
            assert limits.batch_bytes >= 1_048_576


def test_an_identity_fits_an_index_of_the_database() -> None:
    assert 4 * (ID_LENGTH_MAX + 200) + 100 < INDEX_ROW_BYTES_MAX


@pytest.mark.parametrize("topic", INTAKE, ids=lambda topic: topic.name)
def test_nothing_said_at_its_shortest_grows_beyond_the_declared_factor(topic: Topic) -> None:
    for model in {model for event in topic.events for model in models_of(event)}:
        schema = model.model_json_schema()
        said = shortest(schema, schema) | REFUSED_WITHOUT.get(model, {})
        if not said:
            continue
        written = model.model_validate_json(compact(said)).model_dump_json().encode()
        assert len(written) <= GROWTH_MAX * len(compact(said)), model


@pytest.mark.parametrize("character", ["\x01", "\x1f", "\x7f", "\b", "\n", '"', "\\", "\u2028", "و", "\U0001f600"])
def test_no_escape_grows(character: str) -> None:
    body = {"request_id": str(UUID(int=1)), "reason": character * 1000}
    for ascii_only in (True, False):
        said = json.dumps(body, separators=(",", ":"), ensure_ascii=ascii_only).encode()
        assert len(encode(parse(intake_agency.RequestCancelled, said))) <= len(said)


def test_every_open_list_of_a_claim_has_a_limit() -> None:
    for topic in INTAKE:
        for event in topic.events:
            for model, name in open_lists(event):
                assert name in LISTS.get(model, {}), (model, name)
                assert event in WITH_LISTS, event


SERVICE = {
    "code": "a",
    "agency": "a",
    "version": 1,
    "valid_from": MOMENT,
    "names": NAMES,
    "description": NAMES,
    "channels": {"urban": True, "rural": True},
    "processing_working_hours": 1,
    "stage": "live",
}
PART = {"party": "bank", "fixed_rial": 1}
LINE = {
    "code": "a",
    "names": NAMES,
    "payer": "agency",
    "collector": "none",
    "purpose": "fee",
    "rule": {"amount_rial": 1, "kind": "fixed"},
    "split": [PART] * 20,
}
TERMS = {"service": "a", "office_classes": ["urban"], "tariff": [LINE] * 20, "sla_working_hours": 1}
AGREEMENT = {
    "code": "a",
    "agency": "a",
    "version": 1,
    "state": "signed",
    "valid_from": MOMENT,
    "names": NAMES,
    "letter_number": "1",
    "letter_date": "2000-01-01",
    "services": [TERMS],
    "settlement_cycle": "daily",
    "payment_term_days": 1,
    "notice_days": 1,
}
OFFICE = {
    "code": "a",
    "version": 1,
    "valid_from": MOMENT,
    "office_class": "urban",
    "licence": {"number": "1", "valid_from": MOMENT, "state": "active"},
    "names": NAMES,
    "city": "a",
    "latitude": 1,
    "longitude": 1,
    "hours": [],
    "daily_capacity": 1,
    "expected_monthly_income_rial": 1,
    "expected_income_provenance": "fact",
    "prepaid_rial": 1,
    "net_debit_cap_rial": 1,
}
CALENDAR = {"code": "a", "version": 1, "valid_from": MOMENT, "scope": "bank", "subject": "a", "hours": []}
CITY = {"code": "a", "county": "a", "names": NAMES, "latitude": 1, "longitude": 1, "urban": True}
TERRITORY = {
    "code": "a",
    "version": 1,
    "valid_from": MOMENT,
    "names": NAMES,
    "counties": [{"code": "a", "names": NAMES}],
    "cities": [CITY],
}
FIELD = {"code": "a", "datatype": "text", "required": True, "order": 1, "names": NAMES}
#: A claim, what the registry says of it, the subject's field, the subject, and the list that makes it long.
CLAIMS: list[tuple[Topic, type[Event], type[RegistryEntry], str, dict[str, Any], str, Any]] = [
    (INTAKE_AGENCY, ServicePublished, ServiceVersioned, "service", SERVICE, "form", FIELD),
    (INTAKE_DIRECTORATE, AgreementChanged, AgreementVersioned, "agreement", AGREEMENT, "services", TERMS),
    (INTAKE_DIRECTORATE, OfficeLicensed, OfficeVersioned, "office", OFFICE, "accessions", {"agreement": "a"}),
    (
        INTAKE_DIRECTORATE,
        CalendarChanged,
        CalendarVersioned,
        "calendar",
        CALENDAR,
        "holidays",
        {"on": "2000-01-01", "names": NAMES},
    ),
    (INTAKE_DIRECTORATE, TerritoryChanged, TerritoryVersioned, "territory", TERRITORY, "cities", CITY),
]


@pytest.mark.parametrize(("topic", "claim", "entry", "name", "subject", "items", "item"), CLAIMS)
def test_a_claim_with_as_many_items_as_fit_makes_an_event_that_fits_the_log(
    topic: Topic,
    claim: type[Event],
    entry: type[RegistryEntry],
    name: str,
    subject: dict[str, Any],
    items: str,
    item: Any,
) -> None:
    most = limits_of(topic).body_bytes
    bare = len(compact({name: {**subject, items: []}}))
    count = (most - bare) // (len(compact(item)) + 1)
    said = compact({name: {**subject, items: [item] * count}})
    event = parse(claim, said)
    limit = LISTS[type(getattr(event, name))][items]
    large = beyond(topic, event, len(said))
    assert (large is None) == (count <= limit)
    if large is not None:
        assert large.field == f"{name}.{items}"
        assert str(limit) in large.problem
    version = entry.model_validate(
        {"revision": 9_007_199_254_740_991, "accepted_at": "2026-11-25T08:00:00.123456Z", name: getattr(event, name)}
    )
    assert len(encode(version)) <= limits_of(LOG_REGISTRY).body_bytes


def test_a_body_of_one_byte_more_than_the_limit_is_told_so_with_the_limit() -> None:
    event = parse(AgreementPaused, compact({"agreement": "a", "paused": True, "reason": "a"}))
    most = limits_of(INTAKE_AGENCY).body_bytes
    assert beyond(INTAKE_AGENCY, event, most) is None
    large = beyond(INTAKE_AGENCY, event, most + 1)
    assert large is not None
    assert large.field == "body"
    assert str(most) in large.problem
    assert "shorten" in large.problem


def test_a_list_in_a_list_is_found_with_its_path() -> None:
    body = {"service": {**SERVICE, "form": [FIELD, {**FIELD, "values": [{"key": "a", "names": NAMES}] * 2_001}]}}
    large = beyond(INTAKE_AGENCY, parse(ServicePublished, compact(body)), 10)
    assert large is not None
    assert large.field == "service.form.1.values"


def test_the_longest_submission_makes_an_opening_that_fits_the_log() -> None:
    said = {
        "request_id": str(UUID(int=1)),
        "service": "s" * 63,
        "origin": "agency",
        "city": "c" * 63,
        "personal": "A" * 26_664,
        "form": {f"field-{number}": ["v" * 63] * 14 for number in range(100)},
    }
    body = compact(said)
    assert 0 < limits_of(INTAKE_AGENCY).body_bytes - len(body) < 20_000, "it is nearly as long as may be"
    claim = parse(RequestSubmitted, body)
    opened = RequestOpened(
        request_id=claim.request_id,
        origin=claim.origin,
        service=claim.service,
        agency="a" * 63,
        city=claim.city,
        county="c" * 63,
        office="o" * 63,
        citizen_ref=UUID(int=2),
        form=claim.form,
        personal=claim.personal,
        submitted_at="2026-11-25T08:00:00.123456Z",  # type: ignore[arg-type]  # validated from text, as it travels
    )
    assert len(encode(opened)) <= len(body) + 1_000 <= limits_of(LOG_REQUESTS).body_bytes


def longest_fee() -> dict[str, Any]:
    """Return a fee of as many lines and parts as an agreement may bring, every text as long as it may be."""
    leg = {"party": "directorate", "party_code": "p" * 63, "amount_rial": 10**15, "deposit_id": "9" * 40}
    line = {
        "code": "l" * 63,
        "payer": "citizen",
        "collector": "agency_gateway",
        "purpose": "pass_through",
        "amount_rial": 10**15,
        "legs": [leg] * LISTS[tariff.TariffLine]["split"],
        "bill_id": "9" * 40,
        "payment_id": "9" * 40,
    }
    lines = [line] * LISTS[agreements.ServiceTerms]["tariff"]
    return {"lines": lines, "total_rial": 10**15, "office_collects_rial": 10**15, "office_part_rial": 10**15}


def longest_of(model: type[Event], **fields: Any) -> bytes:
    """Return `model` with `fields`, and all other required fields as short as may be."""
    schema = model.model_json_schema()
    return encode(parse(model, compact({**shortest(schema, schema), **fields})))


def test_the_longest_fee_fits_the_logs() -> None:
    fee = longest_fee()
    Fee.model_validate_json(compact(fee))
    legs = [leg for line in fee["lines"] for leg in line["legs"]]
    for log, event in (
        (LOG_REQUESTS, longest_of(OfficeAccepted, fee=fee)),
        (
            LOG_REQUESTS,
            longest_of(RefundAccepted, fee=fee, refunds_before_rial=[10**15] * 1000, reason="و" * 2000),
        ),
        (LOG_SETTLEMENT, longest_of(FeePosted, legs=legs)),
    ):
        assert len(event) <= limits_of(log).body_bytes


def test_a_service_with_a_full_form_is_far_within_the_limit() -> None:
    long = {"fa": "و" * 60, "en": "w" * 60}
    values = [{"key": f"value-{number}", "names": long} for number in range(200)]
    fields = [
        {**FIELD, "code": f"field-{number}", "names": long, "values": values if number < 2 else []}
        for number in range(60)
    ]
    body = compact({"service": {**SERVICE, "form": fields, "description": {"fa": "و" * 2000, "en": "w" * 2000}}})
    assert len(body) <= limits_of(INTAKE_AGENCY).body_bytes


def test_the_models_with_limits_are_those_of_claims() -> None:
    claimed = {model for topic in INTAKE for event in topic.events for model in models_of(event)}
    assert set(LISTS) <= claimed
    assert catalogue.Service in claimed
    assert offices.Office in claimed
    assert intake_directorate.TerritoryChanged in WITH_LISTS
