"""Every error of the doors: one declared table of problem types, in the form of RFC 9457.

`type` is `/problems/NAME`, where the gateway says what `docs/problems.md` says: both are made from this table
(`python -m connectors.http.problems`). No problem repeats a value that was sent.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

CONTENT_TYPE = b"application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One row: its name, its status, what it means, and what a caller does. `again_seconds`: when to ask again."""

    name: str
    status: HTTPStatus
    title: str
    meaning: str
    remedy: str
    again_seconds: int | None = None

    @property
    def path(self) -> str:
        """Where the gateway explains it; the `type` of each such problem."""
        return f"/problems/{self.name}"


# --- what a caller corrects ----------------------------------------------------------------------------------------

# Not JSON, or a header or query that cannot be read.
MALFORMED = ProblemType(
    "malformed_request",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be read",
    "The body is not one JSON object, or a header or a query parameter does not have its form.",
    "Correct what `detail` names; the same request fails again.",
)
# Missing, unknown, revoked or over: the four look alike.
NOT_AUTHENTICATED = ProblemType(
    "not_authenticated",
    HTTPStatus.UNAUTHORIZED,
    "No valid key",
    "The request shows no key, or one that opens nothing: unknown, revoked or over. Which of these is not told.",
    "Send `Authorization: Bearer pk_...` with a key that is valid.",
)
# Such as an office that licenses offices.
WRONG_PARTY = ProblemType(
    "wrong_party",
    HTTPStatus.FORBIDDEN,
    "This is not for a party of this kind",
    "The key belongs to a party of another kind than those that may do this.",
    "Use a key of a party that may; docs/acts.md says who may do what.",
)
# The key can do less than its party.
SCOPE_MISSING = ProblemType(
    "scope_missing",
    HTTPStatus.FORBIDDEN,
    "The key was not given this scope",
    "The key's party may do this, and the key may not: it was issued without the scope that `detail` names.",
    "Use another key of the party, or have one issued with the scope.",
)
# Whether it is another party's is not told.
NOT_FOUND = ProblemType(
    "not_found",
    HTTPStatus.NOT_FOUND,
    "There is no such thing for this caller",
    "Nothing is here, or the path names something that is not the caller's. Which of these is not told.",
    "Check the path and the ids in it.",
)
# The Allow header lists those that are.
METHOD_NOT_ALLOWED = ProblemType(
    "method_not_allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "Another method is needed",
    "The path exists, and not with this method.",
    "Use a method that the `Allow` header lists.",
)
# The first of two that overlap goes on.
IN_PROGRESS = ProblemType(
    "in_progress",
    HTTPStatus.CONFLICT,
    "The same key is on its way",
    "A request with this Idempotency-Key is being kept at this moment.",
    "Send it again, unchanged, after `Retry-After`: the answer is that of the first.",
    again_seconds=1,
)
# By Content-Length, or counted while it comes.
BODY_TOO_LARGE = ProblemType(
    "body_too_large",
    HTTPStatus.CONTENT_TOO_LARGE if hasattr(HTTPStatus, "CONTENT_TOO_LARGE") else HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The body is too large",
    "The body, one of its lines, or the number of its lines is more than may be sent at once.",
    "Send less at once; `detail` says how much may be.",
)
# Compressed bodies, too.
UNSUPPORTED_MEDIA = ProblemType(
    "unsupported_media",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The body has another form than this takes",
    "The Content-Type is not one that this path takes, or the body is compressed.",
    "Send the type that `detail` names, in UTF-8, not compressed.",
)
# The caller's own words.
CLAIM_INVALID = ProblemType(
    "claim_invalid",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "A field does not hold",
    "The body is JSON, and a field of it is missing, unknown, of another type or not as it must be. Nothing was kept.",
    "Correct the field that `field` points to (a JSON pointer), as `detail` says.",
)
# Section 2.7 of the draft.
KEY_REUSED = ProblemType(
    "idempotency_key_reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The Idempotency-Key was used for another request",
    "This caller has said something else under the same Idempotency-Key before. Nothing was kept.",
    "Give every new request a key of its own; repeat a request unchanged.",
)
# The whole of headers, and of the path.
HEADERS_TOO_LARGE = ProblemType(
    "headers_too_large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "Path and headers are too large",
    "The path and the headers together are more than may be sent.",
    "Send fewer or shorter headers.",
)
# Whoever sends a byte now and then.
TOO_SLOW = ProblemType(
    "too_slow",
    HTTPStatus.REQUEST_TIMEOUT,
    "The request did not arrive in time",
    "The body did not arrive whole within the time that there is for it. Nothing was kept.",
    "Send it again, faster or in smaller parts.",
)

# --- what a caller waits for ---------------------------------------------------------------------------------------

# Per key; for bad keys, per address.
TOO_MANY = ProblemType(
    "too_many_requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many requests",
    "The key, or an address without a valid key, has sent more than it may in this time. Nothing was kept.",
    "Send it again after `Retry-After`.",
    again_seconds=1,
)
# A bounded queue is full.
BUSY = ProblemType(
    "busy",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "Too much is waiting",
    "More requests wait to be kept than may wait. Nothing was kept.",
    "Send it again after `Retry-After`, under the same Idempotency-Key.",
    again_seconds=1,
)
# Everything but the database may be away.
UNAVAILABLE = ProblemType(
    "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The database does not answer",
    "Nothing can be kept or read at this moment. A write may or may not have been kept.",
    "Send it again after `Retry-After`, under the same Idempotency-Key: it is kept once.",
    again_seconds=2,
)
# Ours.
FAULT = ProblemType(
    "fault",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "A fault of the gateway",
    "Something failed that must not fail; it is in the gateway's log. A write may or may not have been kept.",
    "Tell the operator. A write may be sent again under the same Idempotency-Key.",
)

PROBLEMS: tuple[ProblemType, ...] = (
    MALFORMED,
    NOT_AUTHENTICATED,
    WRONG_PARTY,
    SCOPE_MISSING,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    IN_PROGRESS,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA,
    CLAIM_INVALID,
    KEY_REUSED,
    TOO_MANY,
    HEADERS_TOO_LARGE,
    FAULT,
    BUSY,
    UNAVAILABLE,
)
BY_NAME: Mapping[str, ProblemType] = {row.name: row for row in PROBLEMS}


class Refused(Exception):
    """A request that ends with a problem: its type, what exactly is wrong, and where in the caller's words."""

    def __init__(
        self,
        row: ProblemType,
        detail: str = "",
        *,
        field: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(row.name)
        self.row = row
        self.detail = detail or row.meaning
        self.field = field
        self.headers = headers

    def as_json(self) -> dict[str, Any]:
        """Return the members of RFC 9457, and ours: `field` and `remedy`."""
        told: dict[str, Any] = {
            "type": self.row.path,
            "title": self.row.title,
            "status": self.row.status.value,
            "detail": self.detail,
            "remedy": self.row.remedy,
        }
        return told if self.field is None else told | {"field": self.field}

    def body(self) -> bytes:
        """Return it as it is sent."""
        return orjson.dumps(self.as_json())

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that go with it, but its length."""
        headers = [(b"content-type", CONTENT_TYPE), (b"cache-control", b"no-store"), *self.headers]
        again = self.row.again_seconds
        if again is not None and not any(name == b"retry-after" for name, _ in self.headers):
            headers.append((b"retry-after", str(again).encode()))
        return headers


def pointer(field: str) -> str:
    """Return a dotted path of ours as a JSON pointer into the caller's body; the body itself is the empty one."""
    inner = field.removeprefix("data").removeprefix(".")
    return "" if inner in ("", "body") else "/" + inner.replace("~", "~0").replace("/", "~1").replace(".", "/")


def page() -> str:
    """Return docs/problems.md."""
    lines = [
        "# Problems",
        "",
        "Every error of the HTTP gateway has one of these types (`application/problem+json`, RFC 9457). `type` is the",
        "path of its explanation, `detail` says what exactly is wrong, `field` is a JSON pointer into the body that",
        "was sent, and `remedy` says what to do. No problem repeats a value. A business refusal is no error: it is the",
        "outcome of a claim that was kept.",
        "",
        "This page is made from `connectors/http/problems.py`: `python -m connectors.http.problems docs/problems.md`.",
        "",
    ]
    for row in PROBLEMS:
        again = "" if row.again_seconds is None else " It carries `Retry-After`."
        lines += [f"## {row.name}", "", f"Status {row.status.value}. **{row.title}.** {row.meaning}", ""]
        lines += [f"{row.remedy}{again}", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
