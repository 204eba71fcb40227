"""Numbers of persons who do not exist, made for a test."""

from producers.vault.numbers import NumberKind, PersonNumber, is_legal_id
from schemas.national_ids import is_national_id


def national_id(seed: int) -> str:
    """A valid national id."""
    nine = f"{100_000_000 + seed * 7_919 % 899_999_999:09d}"
    return next(nine + last for last in "0123456789" if is_national_id(nine + last))


def legal_id(seed: int) -> str:
    """A valid number of a legal person."""
    ten = f"{1_000_000_000 + seed * 104_729 % 8_999_999_999:010d}"
    return next(ten + last for last in "0123456789" if is_legal_id(ten + last))


def person(seed: int) -> PersonNumber:
    """A citizen."""
    return PersonNumber(NumberKind.NATIONAL, national_id(seed))
