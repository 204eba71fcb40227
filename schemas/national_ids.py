"""Iran's national ids in text that people write: found, so that none gets into logs which keep for ever.

A national id has ten digits, the last of which checks the others: the nine times their weights 10 to 2, modulo 11, and
that, or what it lacks to 11, is the last. One in eleven numbers of ten digits passes; so fields that hold numbers say
what numbers they hold, and are left alone.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple, get_args, get_type_hints

from schemas.base import Event, LongText, Model, ShortText

ID_DIGITS = 10
#: What people put between the parts of a number: spaces, hyphens and the like; also what Persian keyboards add unseen.
_SEPARATORS = r"[ \u00a0\u2009\u202f\u200c\u200e\u200f./_\-\u2010-\u2015\u2212]{1,3}"
_DIGIT = "[0-9\u06f0-\u06f9\u0660-\u0669\uff10-\uff19]"
#: Parts of digits with what stands between them.
_NUMBER = re.compile(f"{_DIGIT}+(?:{_SEPARATORS}{_DIGIT}+)*")
_TEN = re.compile(r"\d(?:\D{0,3}\d){9}")
#: Ids that machines make, with hyphens or without. One in some hundred random ones has ten digits that pass the check.
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(-?)(?:[0-9a-fA-F]{4}\1){3}[0-9a-fA-F]{12}\b", re.ASCII)
_PART = re.compile(f"({_DIGIT}+)({_SEPARATORS})?")
#: Texts that hold numbers of papers, payments, licences and events, by the name of their field: left alone.
NUMBER_FIELDS = frozenset(
    {
        "receipt_number",  # of a till or a terminal
        "letter_number",  # of an agreement
        "minutes_number",  # of an act of the directorate
        "number",  # of a licence
        "reference",  # of a payment into the bank
        "legal_resource",  # of a law
        "claim_id",  # of an earlier claim, as its sender numbers them
    }
)
#: Codes that stand for a person: everything else that is a code stands in a catalogue.
_OF_PEOPLE = frozenset({"operator", "operators"})


class Revealed(NamedTuple):
    """Where a claim holds what looks like a national id, a dotted path, and what to do; never the number itself."""

    field: str
    problem: str


PROBLEM = (
    "holds a number that is a valid national id: what a citizen may be known by travels in the encrypted part only; "
    "leave it out"
)


def is_national_id(digits: str) -> bool:
    """Say whether ten ASCII digits are a national id: the last checks the others, and the middle is not all zero."""
    if len(digits) != ID_DIGITS or len(set(digits)) == 1 or digits[3:9] == "000000":
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(digits, range(ID_DIGITS, 1, -1), strict=False)) % 11
    return int(digits[-1]) == (rest if rest < 2 else 11 - rest)


def holds_national_id(text: str) -> bool:
    """Say whether `text` holds a national id, in digits of any kind, in one piece or in parts; a UUID is none."""
    # Most texts have no ten digits near each other, and every claim is asked.
    return _TEN.search(text) is not None and any(is_national_id(number) for number in _numbers(_UUID.sub("|", text)))


def revealed(event: Event) -> Revealed | None:
    """Return where free text of a claim holds a national id, or none.

    The values of a form are not looked at: only the service knows which of them are numbers
    (`consumers.requests.domain.life.form`).
    """
    for path, text in _texts(event, ()):
        if holds_national_id(text):
            return Revealed(".".join(path), PROBLEM)
    return None


def _numbers(text: str) -> Iterator[str]:
    """Yield the numbers of `text` as ASCII digits: each piece, and what one kind of separator holds together."""
    for found in _NUMBER.finditer(text):
        parts = [(_ascii(part[1]), part[2] or "") for part in _PART.finditer(found[0])]
        yield from (digits for digits, _ in parts)
        start = 0
        for separator, run in groupby(parts[:-1], key=lambda part: part[1]):
            count = len(list(run))
            if separator:
                yield "".join(digits for digits, _ in parts[start : start + count + 1])
            start += count


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits)


def _texts(model: Model, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in _looked_at(type(model)):
        value = getattr(model, name)
        for number, item in enumerate(value) if isinstance(value, tuple) else ((None, value),):
            here = (*path, name) if number is None else (*path, name, str(number))
            if isinstance(item, str):
                yield here, item
            elif isinstance(item, Model):
                yield from _texts(item, here)


@cache
def _looked_at(model: type[Model]) -> tuple[str, ...]:
    """Return the fields of `model` that hold free text, or values that may hold some."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(
        name
        for name in model.model_fields
        if name not in NUMBER_FIELDS and (name in _OF_PEOPLE or any(_is_free(kind) for kind in _kinds(hints[name])))
    )


def _is_free(kind: object) -> bool:
    return kind in (ShortText, LongText) or (isinstance(kind, type) and issubclass(kind, Model))


def _kinds(hint: object) -> Iterator[object]:
    """Yield a type and those that it is made of."""
    yield hint
    for inner in get_args(hint):
        yield from _kinds(inner)
