"""To which state the events of a request lead: what its row must say."""

from collections.abc import Iterable, Mapping

from consumers.reconciliation.domain.views import SubjectEvent
from schemas import log_requests as log
from schemas.base import Event

#: What the row says of a request that nothing has opened yet: claims about it wait, or it waits for the registry.
UNOPENED = frozenset({"awaited", "parked"})
#: Every other event leaves the state as it is.
_LEADS_TO: Mapping[type[Event], str] = {
    log.RequestRouted: "routed",
    log.RequestRefused: "refused",
    log.RequestEscalated: "escalated",
    log.OfficeAccepted: "accepted",
    log.OfficeCollectedFee: "fee_collected",
    log.OfficeStarted: "started",
    log.AgencyAsked: "agency_awaited",
    log.AgencyReplied: "started",
    log.RequestCompleted: "completed",
}
_BY_TYPE = {event.type_name(): state for event, state in _LEADS_TO.items()}
_CLOSED = log.RequestClosed.type_name()


def state_after(events: Iterable[SubjectEvent]) -> str | None:
    """Return the state after `events`, which are all of one request in their order; none when nothing opens it."""
    state: str | None = None
    for event in events:
        state = event.reason if event.type == _CLOSED else _BY_TYPE.get(event.type, state)
    return state
