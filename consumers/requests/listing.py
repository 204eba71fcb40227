"""Requests as somebody looks for them: by state, office, agency, service, day or reason, newest first, page by page.

The use case of everybody who asks, at a terminal, over HTTP or on a page: values in, values out, over a port.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consumers.requests.domain.life.state import RequestStage
from schemas.log_requests import RefusalReason

#: A page holds so many requests at most.
PAGE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: those for which everything given here holds. Times are business time.

    `late` are those whose next deadline lies before that time; `opened_from` is included, `opened_to` is not.
    """

    stages: frozenset[RequestStage] = field(default_factory=frozenset)
    agency: str | None = None
    office: str | None = None
    service: str | None = None
    reason: RefusalReason | None = None
    late: datetime | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One request: what, whose, where it stands, and what is due when. `office` has it, or had it last.

    Only a refused one has a reason; only one that a deadline awaits has `due_at`. Times are business time.
    """

    request_id: UUID
    opened_at: datetime
    agency: str | None
    service: str
    city: str
    office: str | None
    stage: RequestStage
    reason: RefusalReason | None
    due_at: datetime | None
    owed_rial: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some requests, the newest first; `more` says that older ones follow the last of them."""

    requests: Sequence[Listed]
    more: bool


class ListReads(Protocol):
    """Opened requests as far as the figures have read them: moments behind the log. No call locks anything."""

    def listed(self, wanted: Wanted, limit: int, older_than: UUID | None) -> Sequence[Listed]:
        """Return up to `limit` of the wanted requests, the newest first: those opened before `older_than` was.

        Requests that were opened at one moment are in the order of their ids, the greater first.
        """


def page_of(reads: ListReads, wanted: Wanted, limit: int, older_than: UUID | None = None) -> Page:
    """Return a page of `limit` requests, at most `PAGE_MAX`; the last one's id is `older_than` of the next page."""
    size = min(limit, PAGE_MAX)
    found = reads.listed(wanted, size + 1, older_than)
    return Page(found[:size], more=len(found) > size)
