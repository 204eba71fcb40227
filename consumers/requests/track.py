"""Where a request is, who must act next and until when, for the citizen who has its tracking code.

The use case of whoever asks without being anybody: nothing in the answer is personal, and a code that there is not is
answered as one that nobody may know.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.domain.life.tracking import SIGNS, grouped

_CODE = re.compile(rf"(?:[{SIGNS}]{{4}}-){{3}}[{SIGNS}]{{4}}")
_BETWEEN = re.compile(r"[\s-]+")


class Next(StrEnum):
    """Who must act next."""

    OFFICE = "office"
    AGENCY = "agency"
    DIRECTORATE = "directorate"
    # The bus itself: the service is about to be known.
    BUS = "bus"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a citizen is told. `office` is where to go, none before there is one; `until` is business time."""

    stage: RequestStage
    service: str
    office: str | None
    next: Next
    until: datetime | None
    document_wanted: str | None


class TrackReads(Protocol):
    """Requests by their tracking codes."""

    def by_code(self, code: str) -> RequestState | None:
        """Return the state of the request with this code, or none."""


_NEXT = {
    RequestStage.AWAITED: Next.BUS,
    RequestStage.PARKED: Next.BUS,
    RequestStage.ROUTED: Next.OFFICE,
    RequestStage.ESCALATED: Next.DIRECTORATE,
    RequestStage.ACCEPTED: Next.OFFICE,
    RequestStage.FEE_COLLECTED: Next.OFFICE,
    RequestStage.STARTED: Next.OFFICE,
    RequestStage.AGENCY_AWAITED: Next.AGENCY,
    RequestStage.COMPLETED: Next.NOBODY,
    RequestStage.REFUSED: Next.NOBODY,
    RequestStage.CANCELLED: Next.NOBODY,
    RequestStage.REJECTED: Next.NOBODY,
    RequestStage.EXPIRED: Next.NOBODY,
}


def track(reads: TrackReads, typed: str) -> Tracked | None:
    """Return what is told of the request with a code, typed with or without hyphens; none when there is none."""
    code = _canonical(typed)
    state = None if code is None else reads.by_code(code)
    if state is None or state.submission is None:
        return None
    acts_next = _NEXT[state.stage]
    until = None if acts_next is Next.NOBODY else state.due_at
    return Tracked(state.stage, state.submission.service, state.office, acts_next, until, state.document_wanted)


def _canonical(typed: str) -> str | None:
    code = grouped(_BETWEEN.sub("", typed[:64]).upper())
    return code if _CODE.fullmatch(code) else None
