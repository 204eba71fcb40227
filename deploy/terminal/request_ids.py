"""Request ids as people type and read them: whole, or only so much of the beginning as tells them apart."""

import re
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from itertools import pairwise
from uuid import UUID

from sqlalchemy import Connection

from connectors.database.requests.requests import requests_beginning
from deploy.problem import Misused, Problem

#: Ids begin with the millisecond of their making, `019ab3c4-5d6e`; its first half alone stays the same for a minute.
SHORT_LENGTH = 13
#: Less than this is more likely a slip than a beginning.
DIGITS_MIN = 6
#: When several requests begin alike, so many are named.
NAMED_MAX = 5
_DIGITS = 32
_BEGINNING = re.compile(r"[0-9a-f-]+")


def request_id_of(
    text: str,
    connect: Callable[[], AbstractContextManager[Connection]],
    *,
    office: str | None = None,
    agency: str | None = None,
) -> UUID:
    """Return the request id that a person typed, whole or its beginning; `connect` opens a transaction for reading.

    A beginning is looked for among the requests that `office` has, or that are `agency`'s. Raises `Problem`.
    """
    try:
        return UUID(text)
    except ValueError:
        pass
    typed = text.strip().lower()
    digits = typed.replace("-", "")
    if _BEGINNING.fullmatch(typed) is None or not DIGITS_MIN <= len(digits) < _DIGITS:
        raise Misused(
            f"{text} is no request id; copy it from the inbox or from the submission. Its beginning is enough, "
            f"such as 019ab3c4-5d6e, when it is of no other request."
        )
    first, last = UUID(hex=digits.ljust(_DIGITS, "0")), UUID(hex=digits.ljust(_DIGITS, "f"))
    with connect() as connection:
        found = requests_beginning(connection, first, last, NAMED_MAX + 1, office=office, agency=agency)
    if len(found) == 1:
        return found[0]
    if not found:
        whose = f" of office {office}" if office else f" of agency {agency}" if agency else ""
        raise Problem(f"No request{whose} begins with {typed}. Type more of another, or the whole id.")
    named = ", ".join(str(one) for one in found[:NAMED_MAX])
    more = " and more" if len(found) > NAMED_MAX else ""
    raise Problem(f"Several requests begin with {typed}: {named}{more}. Type more of the id.")


def short_ids(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return so much of the beginning of each id that none of the others begins with it."""
    ordered = sorted(ids)
    texts = [str(one) for one in ordered]
    shared = [0, *(_shared(one, other) for one, other in pairwise(texts)), 0]
    return {
        ordered[place]: text[: max(SHORT_LENGTH, shared[place] + 1, shared[place + 1] + 1)]
        for place, text in enumerate(texts)
    }


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at the beginning."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))
