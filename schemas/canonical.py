"""The canonical form of a parsed body and its hash: equal content, equal hash, whatever the spelling of the JSON."""

import hashlib
import json

from pydantic_core import from_json

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def body_hash(body: bytes) -> bytes:
    """Return SHA-256 of the sorted-key compact JSON of `body`.

    Raises:
        ValueError: `body` is not JSON, or not UTF-8, or nested too deeply, or holds a number of thousands of digits.
    """
    return hashlib.sha256(canonical_json(from_json(body))).digest()


def canonical_json(value: object) -> bytes:
    """Return compact JSON with sorted keys."""
    return _ENCODE(value).encode("utf-8", "surrogatepass")
