"""A request's tracking code: random bits in signs that can be read aloud. The randomness comes from outside."""

from collections.abc import Callable
from uuid import UUID

#: Sixteen signs, so that each is four bits. Left out is what looks or sounds like another: 0 and O, 1, I and L, B.
SIGNS = "23456789FKMRTWXY"
CODE_BYTES = 8
GROUP = 4
#: Random bits for one request, `CODE_BYTES` of them: nobody can foretell them, not even who chooses the id.
CodeBits = Callable[[UUID], bytes]


def code_of(bits: bytes) -> str:
    """Return the code that `bits` make: 16 signs in groups of four."""
    assert len(bits) == CODE_BYTES, f"a tracking code takes {CODE_BYTES} random bytes"
    signs = "".join(SIGNS[byte >> 4] + SIGNS[byte & 15] for byte in bits)
    return grouped(signs)


def grouped(signs: str) -> str:
    """Return signs as a code is written."""
    return "-".join(signs[start : start + GROUP] for start in range(0, len(signs), GROUP))
