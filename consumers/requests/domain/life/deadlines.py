"""Which time decides a deadline: when a thing was said, and not when it is read."""

from datetime import datetime

from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker

#: Here it is the agency's turn, or only the agency can still speak.
_AGENCYS = frozenset({RequestStage.AGENCY_AWAITED, RequestStage.ESCALATED})


def passed_before(state: RequestState, speaker: Speaker, moment: datetime) -> Signal | None:
    """Return the deadline that had passed when `speaker` spoke at business time `moment`, if it binds him.

    It binds the party whose turn it is: all that he said before has been read, since one partition keeps its order.
    What another party says is judged as the request stands: who is bound may have spoken in time, unread so far. What
    is said exactly at the deadline is in time.
    """
    due = state.due_at
    if due is None or moment <= due:
        return None
    bound = state.agency if state.stage in _AGENCYS else state.office
    speaks = speaker.agency if state.stage in _AGENCYS else speaker.office
    return state.overdue(moment) if bound is not None and bound == speaks else None
