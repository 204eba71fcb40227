"""What a counter office has to do, and what an office or an agency has published that waits.

The use case of everybody who asks, at a terminal, over HTTP or on a page: values in, values out, over a port.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consumers.requests.domain.life.outcome import Awaited
from consumers.requests.domain.life.state import RequestState
from schemas.tariff import Fee

#: An inbox shows so many of each kind at most.
INBOX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class WaitingClaim:
    """A claim on a request that waits: since the broker had it (real time), until `until` (business time) at most.

    `awaited` is the party it waits for; none when it is an operator's, because the code failed on it or before it.
    """

    request_id: UUID
    claim_id: str
    type_name: str
    awaited: Awaited | None
    detail: str
    since: datetime
    until: datetime


class InboxReads(Protocol):
    """Requests and waiting claims as people ask for them. No call locks anything."""

    def at_desk(self, office: str, limit: int) -> Sequence[RequestState]:
        """Return up to `limit` requests that `office` has now, the most urgent first."""

    def owed_at(self, office: str, limit: int) -> Sequence[RequestState]:
        """Return up to `limit` requests for which `office` has money to give back, the longest ended first."""

    def waiting(self, source: str, limit: int) -> Sequence[WaitingClaim]:
        """Return up to `limit` claims that `source` has published and that wait, the oldest first."""

    def state(self, request_id: UUID) -> RequestState | None:
        """Return the state of one request, or none when no claim has named it."""

    def between(
        self, first: UUID, last: UUID, limit: int, *, office: str | None = None, agency: str | None = None
    ) -> Sequence[UUID]:
        """Return up to `limit` ids from `first` to `last`, in order.

        Of requests that `office` has or had last, or of `agency`'s; of all when neither is named.
        """


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one office has to do, what it has to give back to citizens, and what it has published that waits."""

    office: str
    at_desk: Sequence[RequestState]
    owed: Sequence[RequestState]
    waiting: Sequence[WaitingClaim]

    @property
    def owed_rial(self) -> int:
        """Return what the office has to give back for the requests of `owed`, in rial."""
        return sum(state.owed_rial for state in self.owed)


def inbox_of(reads: InboxReads, office: str, source: str, limit: int = INBOX_LIMIT) -> Inbox:
    """Return the inbox of `office`, which publishes as `source`."""
    return Inbox(office, reads.at_desk(office, limit), reads.owed_at(office, limit), reads.waiting(source, limit))


def waiting_of(reads: InboxReads, source: str, limit: int = INBOX_LIMIT) -> Sequence[WaitingClaim]:
    """Return what `source` has published that waits, the oldest first."""
    return reads.waiting(source, limit)


def waiting_beginning(reads: InboxReads, source: str, typed: str) -> Sequence[WaitingClaim]:
    """Return what of `source` waits under an id, or under ids that begin with `typed`.

    A whole id is that claim alone, also when others begin with it.
    """
    found = [one for one in reads.waiting(source, INBOX_LIMIT) if one.claim_id.startswith(typed)]
    return [one for one in found if one.claim_id == typed] or found


def desk_fee(reads: InboxReads, request_id: UUID) -> Fee | None:
    """Return the fee of a request; none before its acceptance, when no fee is computed."""
    state = reads.state(request_id)
    return None if state is None else state.fee


def owed_rial(reads: InboxReads, request_id: UUID) -> int:
    """Return what is to be given back to the citizen of one request, in rial."""
    state = reads.state(request_id)
    return 0 if state is None else state.owed_rial


def tracking_code(reads: InboxReads, request_id: UUID) -> str | None:
    """Return the code that the citizen of a request is to be given; none when it has none."""
    state = reads.state(request_id)
    return None if state is None else state.tracking_code
