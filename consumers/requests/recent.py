"""The account of a request whose events are still kept beside the log: no log is read for it."""

from collections.abc import Sequence
from typing import Protocol

from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.explain import Explanation, explain
from schemas.decode import Received
from schemas.log_requests import RequestOpened


class RecentReads(Protocol):
    """Events of the requests' log, for as long as the outbox keeps what is published: some days."""

    def events(self, event_ids: Sequence[str]) -> Sequence[Received]:
        """Return those of the events that are kept, in the order of their sequences."""


def recent_explanation(reads: RecentReads, event_ids: Sequence[str], view: RegistryView) -> Explanation | None:
    """Return why a request went where it went; `event_ids` are of all its events. None when not all of them are kept.

    `Accounts` gives the account of any request, from the logs.
    """
    history = list(reads.events(event_ids))
    whole = [one.envelope.sequence for one in history] == list(range(1, len(history) + 1))
    if (
        not history
        or not whole
        or len(history) < len(set(event_ids))
        or not isinstance(history[0].event, RequestOpened)
    ):
        return None
    return explain(history, view)
