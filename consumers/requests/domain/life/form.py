"""Checking a submitted form against the service's own form. Problems name the field, never what was in it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from schemas.catalogue import Datatype, FormAttribute, NumberFormat, Service
from schemas.intake_agency import FormEntry
from schemas.national_ids import PROBLEM, holds_national_id

#: So many digits in the name of a field that nobody declared may be a number that went astray.
_NUMBERED = re.compile(r"(\D*\d){4}")
_DIGIT = "[0-9۰-۹٠-٩]"
_FORMATS: Mapping[NumberFormat, tuple[re.Pattern[str], str]] = {
    NumberFormat.SUBSCRIPTION: (re.compile(_DIGIT + "{1,20}"), "a subscription number of 1 to 20 digits"),
    NumberFormat.BILL: (re.compile(_DIGIT + "{1,30}"), "a bill's or a payment's id of 1 to 30 digits"),
    NumberFormat.CONSIGNMENT: (
        re.compile(_DIGIT + "{4,24}|[A-Z]{2}[0-9]{9}[A-Z]{2}"),
        "a consignment number: 4 to 24 digits, or as in RR123456785IR",
    ),
}


def form_problem(service: Service, form: Mapping[str, FormEntry], has_personal: bool) -> str | None:
    """Return what is wrong with `form`, beginning with the field's code; none when nothing is.

    `has_personal` says whether an encrypted blob came along: only there may personal attributes travel.
    """
    unknown = form.keys() - {attribute.code for attribute in service.form}
    if unknown:
        code = next(code for code in form if code in unknown)
        name = "(a name)" if _NUMBERED.match(code) else code
        return f"{name}: is not a field of this service's form; leave it out"
    for attribute in service.form:
        value = form.get(attribute.code)
        if attribute.personal:
            if value is not None:
                return f"{attribute.code}: is personal and must not travel in clear; send it in the encrypted part"
            if attribute.required and not has_personal:
                return f"{attribute.code}: is required and personal; send it in the encrypted part"
        elif value is None:
            if attribute.required:
                return f"{attribute.code}: is required; fill it in"
        elif wrong := _CHECKS[attribute.datatype](attribute, value):
            return f"{attribute.code}: {wrong}"
    return None


def clear_part(service: Service, form: Mapping[str, FormEntry]) -> dict[str, FormEntry]:
    """Return what of a refused `form` may be kept: declared, not personal, and fit for its datatype."""
    clear = {attribute.code: attribute for attribute in service.form if not attribute.personal}
    return {
        code: value
        for code, value in form.items()
        if (attribute := clear.get(code)) is not None and _CHECKS[attribute.datatype](attribute, value) is None
    }


def _text(attribute: FormAttribute, value: FormEntry) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if not value.strip():
        return "is required; fill it in" if attribute.required else None
    if attribute.format is not None:
        pattern, words = _FORMATS[attribute.format]
        return None if pattern.fullmatch(value.strip()) else f"must be {words}"
    # The log is for ever, and one number in eleven of ten digits looks like this: fields for numbers say so.
    return PROBLEM if holds_national_id(value) else None


def _number(_: FormAttribute, value: FormEntry) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def _moment(_: FormAttribute, value: FormEntry) -> str | None:
    try:
        fits = isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        fits = False
    return None if fits else "must be a date or time such as 2026-11-25 or 2026-11-25T08:30:00+03:30"


def _one_of(attribute: FormAttribute, value: FormEntry) -> str | None:
    return None if value in {known.key for known in attribute.values} else "must be one of the listed values"


def _some_of(attribute: FormAttribute, value: FormEntry) -> str | None:
    if not isinstance(value, tuple) or not set(value) <= {known.key for known in attribute.values}:
        return "must be a list of listed values"
    return "is required; choose at least one" if attribute.required and not value else None


_CHECKS: Mapping[Datatype, Callable[[FormAttribute, FormEntry], str | None]] = {
    Datatype.STRING: _text,
    Datatype.TEXT: _text,
    Datatype.NUMBER: _number,
    Datatype.DATETIME: _moment,
    Datatype.SINGLE_VALUE_LIST: _one_of,
    Datatype.MULTI_VALUE_LIST: _some_of,
}
