"""The canonical form of a parsed body and its hash: equal content, equal hash, whatever the spelling of the JSON."""

import hashlib
import json


def body_hash(body: bytes) -> bytes:
    """Return SHA-256 of the sorted-key compact JSON of `body`.

    Raises:
        ValueError: `body` is not JSON, or not UTF-8, or nested too deeply, or holds a number of thousands of digits.
    """
    try:
        canonical = canonical_json(json.loads(body))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return hashlib.sha256(canonical).digest()


def canonical_json(value: object) -> bytes:
    """Return compact JSON with sorted keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
