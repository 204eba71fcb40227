"""Whom an event concerns: from its body, and from what is known of its request.

A request concerns the agency whose service it is, and the office that has it or took it in at its desk. Not every event
names them, so both are kept per request, as the events of its log tell them, in their order.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemas.accounts import holder_of
from schemas.feed import DIRECTORATE_FEED, agency_feed, office_feed
from schemas.intake_agency import Origin
from schemas.log_requests import (
    OfficeAccepted,
    OfficeDeclined,
    OfficeTimedOut,
    RequestEscalated,
    RequestOpened,
    RequestRouted,
)
from schemas.speakers import Sender, SpeakerKind, sender_of
from schemas.topics import INTAKE_OFFICES, INTAKE_PREFIX, RESERVED_AGENCY_CODES

#: A body as JSON has it: our own log, which held more or less in other versions.
Body = Mapping[str, Any]


class Known(NamedTuple):
    """What is known of a request: its agency, and the office that has it; or took it in, until one has it."""

    agency: str | None = None
    office: str | None = None


class Concerned(NamedTuple):
    """The agencies and offices that an event concerns. `directorate` says that it is the directorate's own business."""

    agencies: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    directorate: bool = False

    def feeds(self) -> tuple[str, ...]:
        """Return the names of all their feeds; the directorate is told of everything."""
        return (*map(agency_feed, self.agencies), *map(office_feed, self.offices), DIRECTORATE_FEED)


Whom = Callable[[Body, Known], Concerned]


def learned(event_type: str, body: Body, known: Known) -> Known:
    """Return what is known of a request after an event of its log."""
    match event_type:
        case _Types.OPENED:
            # A citizen's choice is a wish: until it is routed there, the request is not that office's.
            at_desk = body.get("origin") == Origin.WALK_IN
            return Known(body.get("agency"), body.get("office") if at_desk else None)
        case _Types.ROUTED:
            return Known(body["agency"], body["decision"]["office"])
        case _Types.ACCEPTED:
            return Known(body["agency"], body["office"])
        case _Types.DECLINED | _Types.TIMED_OUT | _Types.ESCALATED:
            return known._replace(office=None)
        case _:
            return known


class _Types:
    OPENED = RequestOpened.type_name()
    ROUTED = RequestRouted.type_name()
    ACCEPTED = OfficeAccepted.type_name()
    DECLINED = OfficeDeclined.type_name()
    TIMED_OUT = OfficeTimedOut.type_name()
    ESCALATED = RequestEscalated.type_name()


def both(body: Body, known: Known) -> Concerned:
    """Return the request's agency, and the office that the event names, or else the one that is known."""
    return Concerned(_one(body.get("agency") or known.agency), _one(body.get("office") or known.office))


def at_the_desk(body: Body, known: Known) -> Concerned:
    """Return the request's agency, and the office only if the request was taken in there."""
    return Concerned(_one(body.get("agency") or known.agency), _one(known.office))


def routed(body: Body, _known: Known) -> Concerned:
    """Return the agency, and the office that a request was given to."""
    return Concerned(_one(body["agency"]), _one(body["decision"]["office"]))


def agency_alone(body: Body, known: Known) -> Concerned:
    """Return the request's agency: no office has it."""
    return Concerned(_one(body.get("agency") or known.agency))


def office_alone(body: Body, _known: Known) -> Concerned:
    """Return the office that the event is about."""
    return Concerned(offices=_one(body["office"]))


def speaker(body: Body, _known: Known) -> Concerned:
    """Return who had said the claim: nobody else learns what was refused."""
    return _sender(sender_of(body["claim_source"]))


def holders(body: Body, _known: Known) -> Concerned:
    """Return whose accounts a transfer or a statement is about."""
    names = [body[name] for name in ("account", "debit_account", "credit_account") if name in body]
    found = [holder for holder in map(holder_of, names) if holder is not None]
    agencies = dict.fromkeys(holder.agency for holder in found if holder.agency)
    return Concerned(tuple(agencies), tuple(dict.fromkeys(holder.office for holder in found if holder.office)))


def owner_of_service(body: Body, _known: Known) -> Concerned:
    """Return the agency whose service it is."""
    return Concerned(_one(body["service"]["agency"]))


def party_to_agreement(body: Body, _known: Known) -> Concerned:
    """Return the agency that the agreement is with."""
    return Concerned(_one(body["agreement"]["agency"]))


def office_itself(body: Body, _known: Known) -> Concerned:
    """Return the office whose licence, hours or limits it is."""
    return Concerned(offices=_one(body["office"]["code"]))


def owner_of_topic(body: Body, _known: Known) -> Concerned:
    """Return whose letter it is: the topic decides who spoke, and on the topic of all offices the claimed source."""
    place = body["topic"].removeprefix(INTAKE_PREFIX)
    if place not in RESERVED_AGENCY_CODES:
        return Concerned(_one(place))
    sender = sender_of(body.get("claim_source") or "")
    if body["topic"] == INTAKE_OFFICES.name and sender is not None and sender.kind is SpeakerKind.OFFICE:
        return Concerned(offices=_one(sender.code))
    return Concerned(directorate=True)


def directorate_alone(_body: Body, _known: Known) -> Concerned:
    """Return the directorate alone."""
    return Concerned(directorate=True)


def _sender(sender: Sender | None) -> Concerned:
    if sender is None:
        return Concerned(directorate=True)
    match sender.kind:
        case SpeakerKind.AGENCY:
            return Concerned(_one(sender.code))
        case SpeakerKind.OFFICE:
            return Concerned(offices=_one(sender.code))
        case SpeakerKind.DIRECTORATE:
            return Concerned(directorate=True)


def _one(code: str | None) -> tuple[str, ...]:
    return () if code is None else (code,)
