"""Who may claim what about a request: the agency owns it, the office holds it. The topic has said who speaks."""

from collections.abc import Mapping

from consumers.requests.domain.life.outcome import Refuse
from consumers.requests.domain.life.state import RequestStage, RequestState, Speaker
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, RequestCancelled
from schemas.intake_office import (
    AgencyAwaited,
    FeeCollected,
    FeeReturned,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.log_requests import ClaimRefusal

#: Which claims need the owner, and which the holder. The directorate's claims need neither: its topic is authority.
_OWNERS: frozenset[type[Event]] = frozenset({RequestCancelled, AgencyAnswered})
_HOLDERS: frozenset[type[Event]] = frozenset(
    {RequestAccepted, RequestDeclined, FeeCollected, FeeReturned, ServiceStarted, AgencyAwaited, ServiceDelivered}
)
NEEDS: Mapping[type[Event], ClaimRefusal] = {
    **dict.fromkeys(_OWNERS, ClaimRefusal.NOT_THE_AGENCY),
    **dict.fromkeys(_HOLDERS, ClaimRefusal.NOT_THE_OFFICE),
}
#: Stages at which no office has the request; the table says what that means for its claim.
_NOBODY = frozenset({RequestStage.AWAITED, RequestStage.PARKED, RequestStage.ESCALATED, RequestStage.REFUSED})


def objection(state: RequestState, claim: Event, speaker: Speaker) -> Refuse | None:
    """Return why `speaker` may not say `claim`, or none when it may or when nobody can know yet."""
    need = NEEDS.get(type(claim))
    if need is ClaimRefusal.NOT_THE_AGENCY:
        if state.agency is None or state.agency == speaker.agency:
            return None
        return Refuse(need, "the request belongs to another agency; only its owner may say this")
    if need is ClaimRefusal.NOT_THE_OFFICE:
        if state.stage in _NOBODY or state.office == speaker.office:
            return None
        return Refuse(need, "the request is not with this office; only the office that has it may say this")
    return None
