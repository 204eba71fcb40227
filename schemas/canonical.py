"""The canonical form of a parsed body and its hash: equal content, equal hash, whatever the spelling of the JSON."""

import hashlib
import json

import orjson
from pydantic_core import from_json


def body_hash(body: bytes) -> bytes:
    """Return SHA-256 of the sorted-key compact JSON of `body`.

    Raises:
        ValueError: `body` is not JSON (NaN and infinities are not), or not UTF-8, or nested too deeply, or holds a
            number of thousands of digits.
    """
    return hashlib.sha256(canonical_json(from_json(body, allow_inf_nan=False))).digest()


def canonical_json(value: object) -> bytes:
    """Return compact JSON with sorted keys, of what a parser of JSON made."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Whole numbers beyond 64 bits; both write all others alike.
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
