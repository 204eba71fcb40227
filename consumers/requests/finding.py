"""A request found by its id or by the beginning of it, as people type ids."""

import re
from collections.abc import Sequence
from uuid import UUID

from consumers.requests.inbox import InboxReads

#: Less than this is more likely a slip than a beginning.
DIGITS_MIN = 6
#: When several requests begin alike, so many are named.
NAMED_MAX = 5
_DIGITS = 32
_BEGINNING = re.compile(r"[0-9a-f-]+")


class IdUnreadable(Exception):
    """What was typed is no id and no beginning of one."""


class RequestNotFound(Exception):
    """No request, of those that were asked for, begins with what was typed."""


class RequestAmbiguous(Exception):
    """Several requests begin with what was typed; `named` are the first of them, `more` says that there are others."""

    def __init__(self, named: Sequence[UUID], *, more: bool) -> None:
        super().__init__(", ".join(map(str, named)))
        self.named = tuple(named)
        self.more = more


def whole_id(typed: str) -> UUID | None:
    """Return the id when it was typed as a whole; none when it was not."""
    try:
        return UUID(typed)
    except ValueError:
        return None


def find_request(reads: InboxReads, typed: str, *, office: str | None = None, agency: str | None = None) -> UUID:
    """Return the id of the request that begins with `typed`, among those that `office` has, or that are `agency`'s.

    Raises `IdUnreadable`, `RequestNotFound` or `RequestAmbiguous`.
    """
    first, last = _range_of(typed)
    found = reads.between(first, last, NAMED_MAX + 1, office=office, agency=agency)
    if not found:
        raise RequestNotFound(typed)
    if len(found) > 1:
        raise RequestAmbiguous(found[:NAMED_MAX], more=len(found) > NAMED_MAX)
    return found[0]


def check_beginning(typed: str) -> None:
    """Raise `IdUnreadable` when `typed` is no beginning of an id: nothing need be looked up then."""
    _range_of(typed)


def _range_of(typed: str) -> tuple[UUID, UUID]:
    text = typed.strip().lower()
    digits = text.replace("-", "")
    if _BEGINNING.fullmatch(text) is None or not DIGITS_MIN <= len(digits) < _DIGITS:
        raise IdUnreadable(typed)
    return UUID(hex=digits.ljust(_DIGITS, "0")), UUID(hex=digits.ljust(_DIGITS, "f"))
