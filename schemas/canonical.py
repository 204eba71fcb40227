"""The canonical form of a parsed body and its hash: equal content, equal hash, whatever the spelling of the JSON."""

import hashlib
import json

import orjson
from pydantic_core import from_json

#: So many bytes of each tell types, and subjects, of one id apart.
ABOUT_PART_BYTES = 8
_NO_SUBJECT = bytes(ABOUT_PART_BYTES)


def body_hash(body: bytes) -> bytes:
    """Return SHA-256 of the sorted-key compact JSON of `body`.

    Raises:
        ValueError: `body` is not JSON (NaN and infinities are not), or not UTF-8, or nested too deeply, or holds a
            number of thousands of digits.
    """
    return hashlib.sha256(canonical_json(from_json(body, allow_inf_nan=False))).digest()


def about_hash(event_type: str, subject: str | None) -> bytes:
    """Return 8 bytes of the SHA-256 of an event's type and 8 of its subject's; without a subject they are zeros."""
    return _begins(event_type) + (_NO_SUBJECT if subject is None else _begins(subject))


def _begins(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:ABOUT_PART_BYTES]


def canonical_json(value: object) -> bytes:
    """Return compact JSON with sorted keys, of what a parser of JSON made."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Whole numbers beyond 64 bits; both write all others alike.
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
