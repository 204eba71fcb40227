"""Numbers by which persons are known, checked as far as each kind can be. Values only; no error repeats a number.

- national: ten digits of a citizen, the last of which checks the others (`schemas/national_ids.py`).
- legal: eleven digits of a company or another legal person; the last checks the others: to each of the ten before it
  the tenth and 2 are added, the sums are weighed with 29, 27, 23, 19, 17 twice over, and the remainder of their total
  by 11 (10 counts as 0) is the last. python-stdnum 2.2 has no module for Iran, so the check is ours.
- foreigner: 8 to 12 digits of the number that foreign nationals have; no check of it is published.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.national_ids import is_national_id

LEGAL_DIGITS = 11
_LEGAL_WEIGHTS = (29, 27, 23, 19, 17) * 2
FOREIGNER_DIGITS = range(8, 13)
#: What people put between the parts of a number.
_BETWEEN = str.maketrans("", "", " -\u200c\u200e\u200f\u00a0\u202f")


class NumberKind(StrEnum):
    """Which kind of person a number names."""

    NATIONAL = "national"
    LEGAL = "legal"
    FOREIGNER = "foreigner"


class NumberProblem(StrEnum):
    """Why a text is no number of its kind."""

    NOT_DIGITS = "not_digits"
    LENGTH = "length"
    CHECK = "check"


@dataclass(frozen=True, slots=True, repr=False)
class PersonNumber:
    """One checked number; it shows itself nowhere."""

    kind: NumberKind
    digits: str

    def __repr__(self) -> str:
        """Show the kind alone: what is printed gets into logs."""
        return f"PersonNumber({self.kind.value})"

    def canonical(self) -> bytes:
        """Return what stands for the person in a keyed hash."""
        return f"{self.kind.value}:{self.digits}".encode()


def number_of(kind: NumberKind, text: str) -> PersonNumber | NumberProblem:
    """Read a number as people write it: digits of Persian, Arabic or ASCII, with spaces or hyphens between."""
    signs = text.translate(_BETWEEN)
    if not signs.isdecimal():
        return NumberProblem.NOT_DIGITS
    digits = "".join(str(int(sign)) for sign in signs)
    problem = _CHECKS[kind](digits)
    return PersonNumber(kind, digits) if problem is None else problem


def is_legal_id(digits: str) -> bool:
    """Say whether eleven ASCII digits are a legal person's number."""
    if len(digits) != LEGAL_DIGITS or len(set(digits)) == 1 or digits[3:9] == "000000":
        return False
    added = int(digits[9]) + 2
    total = sum((int(digit) + added) * weight for digit, weight in zip(digits, _LEGAL_WEIGHTS, strict=False))
    return int(digits[-1]) == total % 11 % 10


def _national(digits: str) -> NumberProblem | None:
    if len(digits) != 10:
        return NumberProblem.LENGTH
    return None if is_national_id(digits) else NumberProblem.CHECK


def _legal(digits: str) -> NumberProblem | None:
    if len(digits) != LEGAL_DIGITS:
        return NumberProblem.LENGTH
    return None if is_legal_id(digits) else NumberProblem.CHECK


def _foreigner(digits: str) -> NumberProblem | None:
    if len(digits) not in FOREIGNER_DIGITS:
        return NumberProblem.LENGTH
    return NumberProblem.CHECK if len(set(digits)) == 1 else None


_CHECKS = {NumberKind.NATIONAL: _national, NumberKind.LEGAL: _legal, NumberKind.FOREIGNER: _foreigner}
