"""Forms: each datatype, required fields, and personal fields that must not travel in clear."""

from typing import Any

import pytest

from consumers.requests.domain.life.form import clear_part, form_problem
from schemas.catalogue import Datatype, FormAttribute, FormValue, NumberFormat, Service
from tests.kit.values.builders import service, words


def attribute(code: str, datatype: Datatype, **changes: Any) -> FormAttribute:
    """Return one optional form field."""
    fields = {"code": code, "datatype": datatype, "required": False, "order": 1, "names": words(code)}
    return FormAttribute.model_validate({**fields, **changes})


NATIONAL_ID = "0499370899"
VALUES = tuple(FormValue(key=key, names=words(key)) for key in ("first", "second"))
FORM = service(
    form=(
        attribute("reason", Datatype.STRING, required=True),
        attribute("notes", Datatype.TEXT),
        attribute("copies", Datatype.NUMBER),
        attribute("on", Datatype.DATETIME),
        attribute("kind", Datatype.SINGLE_VALUE_LIST, values=VALUES),
        attribute("extras", Datatype.MULTI_VALUE_LIST, values=VALUES),
        attribute("birth_place", Datatype.STRING, personal=True),
        attribute("meter", Datatype.STRING, format=NumberFormat.SUBSCRIPTION),
        attribute("bill", Datatype.STRING, format=NumberFormat.BILL),
        attribute("parcel", Datatype.TEXT, format=NumberFormat.CONSIGNMENT),
    )
)


def problem(form: dict[str, Any], of: Service = FORM, has_personal: bool = False) -> str | None:
    """Return what is wrong with `form`."""
    return form_problem(of, form, has_personal)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"notes": "", "copies": 0, "on": "2026-11-25"},
        {"on": "2026-11-25T08:30:00+03:30", "kind": "second", "extras": ("first", "second")},
        {"extras": ()},
        {"meter": NATIONAL_ID, "bill": NATIONAL_ID, "parcel": NATIONAL_ID},
        {"meter": "۱۲۳", "bill": "280800000000000000000000000012", "parcel": "RR123456785IR"},
        {"meter": "", "notes": f"{NATIONAL_ID}0"},
    ],
)
def test_what_fits_has_no_problem(extra: dict[str, Any]) -> None:
    assert problem({"reason": "lost", **extra}) is None


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"unheard_of": "x"}, "unheard_of: is not a field of this service's form"),
        ({"0012345678": "x"}, "(a name): is not a field of this service's form"),
        ({"reason": ""}, "reason: is required"),
        ({"reason": f"for {NATIONAL_ID}"}, "reason: holds a number that is a valid national id"),
        ({"notes": "۰۴۹-۹۳۷۰۸۹-۹"}, "notes: holds a number that is a valid national id"),
        ({"meter": "12a"}, "meter: must be a subscription number of 1 to 20 digits"),
        ({"meter": "1" * 21}, "meter: must be a subscription number of 1 to 20 digits"),
        ({"bill": "1" * 31}, "bill: must be a bill's or a payment's id of 1 to 30 digits"),
        ({"parcel": "my parcel"}, "parcel: must be a consignment number: 4 to 24 digits"),
        ({"reason": 5}, "reason: must be text"),
        ({"notes": ("a",)}, "notes: must be text"),
        ({"copies": "2"}, "copies: must be a whole number"),
        ({"copies": True}, "copies: must be a whole number"),
        ({"on": "yesterday"}, "on: must be a date or time"),
        ({"on": 5}, "on: must be a date or time"),
        ({"kind": "third"}, "kind: must be one of the listed values"),
        ({"kind": ("first",)}, "kind: must be one of the listed values"),
        ({"extras": "first"}, "extras: must be a list of listed values"),
        ({"extras": ("third",)}, "extras: must be a list of listed values"),
        ({"birth_place": "SECRETPLACE"}, "birth_place: is personal and must not travel in clear"),
    ],
)
def test_problems_name_the_field_and_never_the_value(extra: dict[str, Any], expected: str) -> None:
    found = problem({"reason": "lost", **extra})
    assert found is not None
    assert found.startswith(expected)
    assert "SECRETPLACE" not in found


def test_a_required_field_must_be_there() -> None:
    assert problem({}) == "reason: is required; fill it in"


def test_a_required_list_needs_a_choice() -> None:
    form = service(form=(attribute("extras", Datatype.MULTI_VALUE_LIST, values=VALUES, required=True),))
    assert problem({"extras": ()}, form) == "extras: is required; choose at least one"


def test_a_required_personal_field_needs_the_encrypted_part() -> None:
    form = service(form=(attribute("birth_place", Datatype.STRING, personal=True, required=True),))
    assert problem({}, form) == "birth_place: is required and personal; send it in the encrypted part"
    assert problem({}, form, has_personal=True) is None


def test_of_a_refused_form_only_what_is_declared_not_personal_and_fits_is_kept() -> None:
    fits: dict[str, Any] = {"reason": "lost", "copies": 2, "on": "2026-11-25", "kind": "first", "extras": ("second",)}
    stray: dict[str, Any] = {"unheard_of": "SECRET", "0012345678": 1, "birth_place": "SECRET", "notes": 12345678}
    assert clear_part(FORM, {**fits, **stray}) == fits
    wrong: dict[str, Any] = {"copies": "SECRET", "on": "SECRET", "kind": "SECRET", "extras": ("first", "SECRET")}
    assert clear_part(FORM, {"reason": "lost", **wrong}) == {"reason": "lost"}


def test_of_a_refused_form_no_national_id_is_kept() -> None:
    form = {"unheard_of": "x", "notes": f"for {NATIONAL_ID}", "reason": NATIONAL_ID, "meter": NATIONAL_ID}
    assert clear_part(FORM, form) == {"meter": NATIONAL_ID}
