"""From what a person typed to a claim, or to words that name the field and never its value."""

from uuid import UUID

import pytest

from deploy.problem import Problem
from deploy.terminal.speaking import claim_of
from schemas.intake_agency import Origin, RequestSubmitted
from schemas.intake_office import FeeCollected, PaymentMethod, RequestAccepted

REQUEST = UUID("0190a6f0-0000-7000-8000-000000000001")


def test_options_become_the_claim() -> None:
    assert claim_of(RequestAccepted, request_id=REQUEST, operator="operator-1") == RequestAccepted(
        request_id=REQUEST, operator="operator-1"
    )
    submitted = claim_of(
        RequestSubmitted,
        request_id=REQUEST,
        service="water.bill",
        origin=Origin.AGENCY,
        city="bojnord",
        office=None,
        form={"copies": 2, "urgent": True, "kinds": ("a", "b")},
    )
    assert submitted.form == {"copies": 2, "urgent": True, "kinds": ("a", "b")}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"operator": "سارا ۰۹۱۵۱۲۳۴۵۶۷"}, "operator"),
        ({"receipt_number": ""}, "receipt_number"),
        ({"pos_reference": "سارا ۰۹۱۵۱۲۳۴۵۶۷"}, "pos_reference"),
        ({"amount_rial": 10**18}, "amount_rial"),
    ],
)
def test_what_does_not_fit_is_told_without_its_value(changes: dict[str, object], field: str) -> None:
    fields: dict[str, object] = {
        "request_id": REQUEST,
        "amount_rial": 5,
        "method": PaymentMethod.POS,
        "receipt_number": "r-1",
        "pos_reference": "12",
        "operator": "operator-1",
    }
    with pytest.raises(Problem, match=f"^{field}: ") as told:
        claim_of(FeeCollected, **{**fields, **changes})
    assert "۰۹۱۵" not in str(told.value)
