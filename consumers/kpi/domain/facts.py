"""One fact per request, folded from the logs: any order and any repetition of the events gives the same fact.

Each milestone keeps the earliest time it was reported at; office and county are those of the event with the highest
sequence that names them. Income is a fact of its own, once per business transaction of the ledger.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from schemas import log_requests as requests
from schemas.base import Event
from schemas.log_settlement import FeePosted, FeeRefunded

#: The events that facts rest on; the logs' other events say nothing that a figure needs.
TEACHING: tuple[type[Event], ...] = (
    requests.RequestOpened,
    requests.RequestRouted,
    requests.RequestRefused,
    requests.OfficeAccepted,
    requests.OfficeDeclined,
    requests.OfficeTimedOut,
    requests.OfficeStarted,
    requests.OfficeDelivered,
    requests.RequestCompleted,
    requests.RequestClosed,
    FeePosted,
    FeeRefunded,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A code and the sequence of the event that named it; no code means that the event took it away."""

    code: str | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one request. Times are business time; none means that the milestone was not reported."""

    request_id: UUID
    sequence: int = 0
    agency: str | None = None
    service: str | None = None
    office: Named = Named()
    county: Named = Named()
    opened_at: datetime | None = None
    routed_at: datetime | None = None
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    refused_at: datetime | None = None
    refusal_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Income:
    """An office's own part of a posted fee, or what it gave back of it (negative), in rial."""

    transaction_id: UUID
    request_id: UUID
    office: str
    at: datetime
    rial: int


def subject_of(event: Event) -> UUID | None:
    """Return the request that `event` adds a fact about, or none when figures do not rest on it."""
    if isinstance(event, requests.RequestLogEvent | FeePosted | FeeRefunded) and isinstance(event, TEACHING):
        return event.request_id
    return None


def income_of(event: Event, time: datetime) -> Income | None:
    """Return the income in `event`, or none; `time` is the event's business time."""
    if not isinstance(event, FeePosted | FeeRefunded) or event.office_income_rial == 0:
        return None
    sign = 1 if isinstance(event, FeePosted) else -1
    return Income(event.transaction_id, event.request_id, event.office, time, sign * event.office_income_rial)


def learn(fact: Fact, event: Event, sequence: int, time: datetime) -> Fact:
    """Return `fact` with what `event` says; `sequence` and `time` are its envelope's."""
    match event:
        case requests.RequestOpened():
            known = _named(fact, event.agency, event.service)
            known = _placed(known, sequence, county=event.county)
            known = known if event.office is None else _at_office(known, sequence, event.office)
            learnt = replace(known, opened_at=_earlier(fact.opened_at, event.submitted_at))
        case requests.RequestRouted():
            known = _placed(_named(fact, event.agency, event.service), sequence, county=event.county)
            known = _at_office(known, sequence, event.decision.office)
            learnt = replace(known, routed_at=_earlier(fact.routed_at, time))
        case requests.RequestRefused():
            known = _named(fact, event.agency, event.service)
            learnt = replace(known, refused_at=_earlier(fact.refused_at, time), refusal_reason=event.reason.value)
        case requests.OfficeAccepted():
            known = _at_office(_named(fact, event.agency, event.service), sequence, event.office)
            learnt = replace(known, accepted_at=_earlier(fact.accepted_at, time))
        case requests.OfficeDeclined() | requests.OfficeTimedOut():
            learnt = _at_office(fact, sequence, None)
        case requests.OfficeStarted():
            learnt = replace(fact, started_at=_earlier(fact.started_at, time))
        case requests.OfficeDelivered():
            learnt = replace(fact, delivered_at=_earlier(fact.delivered_at, time))
        case requests.RequestCompleted():
            known = _placed(_named(fact, event.agency, event.service), sequence, county=event.county)
            known = _at_office(known, sequence, event.office)
            learnt = replace(known, completed_at=_earlier(fact.completed_at, time))
        case requests.RequestClosed():
            known = _named(fact, event.agency, event.service)
            learnt = replace(known, closed_at=_earlier(fact.closed_at, time))
        case _:
            return fact
    return replace(learnt, sequence=max(fact.sequence, sequence))


def _earlier(known: datetime | None, time: datetime) -> datetime:
    return time if known is None else min(known, time)


def _named(fact: Fact, agency: str | None, service: str) -> Fact:
    return replace(fact, agency=agency if fact.agency is None else fact.agency, service=service)


def _placed(fact: Fact, sequence: int, county: str | None) -> Fact:
    if county is None or sequence < fact.county.sequence:
        return fact
    return replace(fact, county=Named(county, sequence))


def _at_office(fact: Fact, sequence: int, office: str | None) -> Fact:
    return fact if sequence < fact.office.sequence else replace(fact, office=Named(office, sequence))
