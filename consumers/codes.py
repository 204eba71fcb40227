"""A code that nothing is known under, and codes that look like it: told by everybody who looks things up by code."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

#: So many codes are named when one is not known.
NAMED_MAX = 3
#: How much of two codes that look like each other is the same.
_ALIKE = 0.5


class CodeUnknown(Exception):
    """Nothing of that kind is known under that code; `near` are codes that are, the most alike first."""

    def __init__(self, kind: str, code: str, near: Sequence[str]) -> None:
        super().__init__(f"{kind} {code}")
        self.kind = kind
        self.code = code
        self.near = tuple(near)


def codes_like(code: str, codes: Collection[str]) -> list[str]:
    """Return up to `NAMED_MAX` of `codes` that look like `code`, the most alike first."""
    return get_close_matches(code, codes, NAMED_MAX, _ALIKE)
