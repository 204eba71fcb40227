"""National ids in text: found however people write them, and not in numbers that only look alike."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.intake_agency import (
    AgencyAnswered,
    Answer,
    ClaimWithdrawn,
    RequestCancelled,
    RequestSubmitted,
    ServicePublished,
)
from schemas.intake_directorate import OfficeSuspended
from schemas.intake_office import FeeCollected, PaymentMethod, RequestAccepted
from schemas.national_ids import NUMBER_FIELDS, PROBLEM, Revealed, holds_national_id, is_national_id, revealed
from schemas.topics import TOPICS, Writer
from tests.kit.values.builders import MOMENT, service, words

#: From the tests of persian-tools (JavaScript), which both sides agree on.
VALID = ("0499370899", "0790419904", "1583250689", "0684159414", "4400276201", "2540201288")
INVALID = (
    "0000000000",
    "9999999999",
    "3333333333",
    "0010000000",
    "1234567890",
    "0499370898",
    "049937089",
    "00499370899",
)
ID = VALID[0]
PERSIAN, ARABIC, WIDE = (ID.translate({48 + n: zero + n for n in range(10)}) for zero in (0x6F0, 0x660, 0xFF10))
REQUEST = UUID(int=1)


@pytest.mark.parametrize("digits", VALID)
def test_valid_ones(digits: str) -> None:
    assert is_national_id(digits)
    assert holds_national_id(digits)


@pytest.mark.parametrize("digits", INVALID)
def test_invalid_ones(digits: str) -> None:
    assert not is_national_id(digits)


@pytest.mark.parametrize(
    "text",
    [
        f"کد ملی {PERSIAN} است",
        ARABIC,
        WIDE,
        "049-937089-9",
        "049 937 0899",
        "۰۴۹-۹۳۷۰۸۹-۹",
        "049\u200c937089\u200c9",
        "049.937.08.99",
        "049 - 937089 - 9",
        f"a{ID}b",
        f"room 5 {ID}",
        f"5 049-937089-9, or {VALID[1]}",
        f"2026-11-25 {ID}",
        f"{ID}\n{VALID[1]}",
    ],
)
def test_found_however_it_is_written(text: str) -> None:
    assert holds_national_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no number",
        f"{ID}0",
        f"0{ID}",
        f"{PERSIAN}1",
        "0499-370899-12",
        "1,250,000,000 rial",
        "2026-11-25T08:30:00",
        "09151234567",
        "049-937089-8",
        "the 10 of 04 99",
        f"see 4fc5a5ef-d2f7-4f81-96ee-37{ID}",
        f"04993708-9900-4f81-96ee-37{ID} and {ID[:8]}-9900-4F81-96EE-37{ID}",
        f"4fc5a5efd2f74f8196ee37{ID}",
        f"see 4fc5a5ef-d2f7-4f81-96ee-a{ID}b",
        f"4fc5a5efd2f74f8196eea{ID}b",
        f"4fc5a5ef-d2f7-4f{ID[:2]}-{ID[2:6]}-{ID[6:]}abcdefab",
    ],
)
def test_no_part_of_a_longer_number_and_no_other_number(text: str) -> None:
    assert not holds_national_id(text)


@pytest.mark.parametrize("text", [f"4fc5a5ef-d2f7-4f81-96ee-37{ID} {ID}", f"96ee-37-{ID}", f"4fc5a5ef-d2f7-4f81-{ID}"])
def test_beside_the_id_of_a_request_or_in_a_piece_of_one_it_is_found(text: str) -> None:
    assert holds_national_id(text)


@given(st.uuids())
def test_no_id_of_a_request_is_taken_for_a_persons(machine: UUID) -> None:
    assert not holds_national_id(f"see {machine}, or {machine.hex}")


def test_what_takes_an_earlier_claim_back_names_it_however_its_sender_numbers_claims() -> None:
    assert revealed(ClaimWithdrawn(request_id=REQUEST, claim_id=f"claim-{ID}")) is None


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_of_ten_last_digits_at_most_one_makes_a_valid_one(nine: str) -> None:
    assert sum(is_national_id(f"{nine}{last}") for last in range(10)) <= 1


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (RequestCancelled(request_id=REQUEST, reason=f"{ID} called"), "reason"),
        (AgencyAnswered(request_id=REQUEST, answer=Answer.MORE_NEEDED, document_wanted=PERSIAN), "document_wanted"),
        (ServicePublished(service=service(names=words(f"for {ID}"))), "service.names.fa"),
        (RequestAccepted(request_id=REQUEST, operator=ID), "operator"),
        (
            OfficeSuspended(office="o-1", valid_from=MOMENT, minutes_number=ID, reason=ID),
            "reason",
        ),
    ],
)
def test_the_field_is_named_and_never_the_number(event: RequestCancelled, field: str) -> None:
    assert revealed(event) == Revealed(field, PROBLEM)
    assert ID not in PROBLEM


def test_fields_that_hold_numbers_and_forms_are_left_alone() -> None:
    paid = FeeCollected(
        request_id=REQUEST,
        amount_rial=1_583_250_689,
        method=PaymentMethod.POS,
        receipt_number=ID,
        pos_reference=ID,
        operator="operator-1",
    )
    submitted = RequestSubmitted.model_validate(
        {"request_id": REQUEST, "service": "s", "origin": "agency", "city": "c", "form": {"note": ID}}, strict=False
    )
    assert revealed(paid) is None
    assert revealed(submitted) is None


def test_every_number_field_is_one_of_a_claim() -> None:
    claims = [model for topic in TOPICS if topic.writer is not Writer.BUS for model in topic.events]
    names = str([model.model_json_schema() for model in claims])
    assert [name for name in NUMBER_FIELDS if f"'{name}'" not in names] == []
