"""Request headers that have a form of their own, read strictly."""

import re
from collections.abc import Mapping

from connectors.http.problems import MALFORMED, UNSUPPORTED_MEDIA, Refused
from producers.saying import KEY_LENGTH_MAX, is_key

WAIT_SECONDS_MAX = 30
NDJSON = b"application/x-ndjson"
_WAIT = re.compile(rb"(?:^|[,;])\s*wait\s*=\s*(\d{1,6})\s*(?:$|[,;])", re.ASCII)
_UTF_8 = re.compile(rb'\s*charset\s*=\s*"?utf-8"?\s*', re.IGNORECASE)


def check_media(headers: Mapping[bytes, bytes], wanted: bytes) -> None:
    """Raise `Refused` unless the body is of type `wanted`, in UTF-8, and not compressed.

    A compressed body is not taken: what is short enough to be taken is sent as fast without.
    """
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refused(UNSUPPORTED_MEDIA, "the body must not be compressed: send it without Content-Encoding")
    told = headers.get(b"content-type")
    if told == wanted:
        return
    kind, _, parameter = (told or b"").partition(b";")
    if kind.strip().lower() != wanted or (parameter and not _UTF_8.fullmatch(parameter)):
        raise Refused(UNSUPPORTED_MEDIA, f"the Content-Type must be {wanted.decode()}, in UTF-8")


def idempotency_key(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the caller's own key of this request: a structured string, or the same without quotes.

    Raises `Refused`.
    """
    sent = headers.get(b"idempotency-key")
    if sent is None:
        return None
    text = sent.decode("latin-1").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not is_key(text) or '"' in text or "\\" in text:
        raise Refused(
            MALFORMED,
            f"Idempotency-Key must have 1 to {KEY_LENGTH_MAX} visible ASCII characters, no quote or backslash",
        )
    return text


def wait_seconds(headers: Mapping[bytes, bytes]) -> int | None:
    """Return how long the caller wants to wait for the outcome (`Prefer: wait=3`), at most 30; none: not at all."""
    sent = headers.get(b"prefer")
    found = None if sent is None else _WAIT.search(sent)
    return None if found is None else min(int(found[1]), WAIT_SECONDS_MAX)
