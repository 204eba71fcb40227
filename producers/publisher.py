"""The one typed way to publish: services, agreements, offices, requests and progress, through the outbox.

What is published is kept in the database first, so nothing is lost while the broker is away.
"""

from collections.abc import Sequence
from datetime import datetime

from producers.claims import message_from_event
from producers.ports import NewId, Now, OpenOutbox
from schemas.agreements import Agreement
from schemas.base import Event
from schemas.catalogue import Service
from schemas.intake_agency import (
    AgencyAnswered,
    AgreementConfirmed,
    AgreementPaused,
    AgreementVetoed,
    RequestCancelled,
    RequestSubmitted,
    ServicePublished,
    ServiceWithdrawn,
)
from schemas.intake_directorate import AgreementChanged, OfficeChanged, OfficeLicensed, OfficeSuspended
from schemas.intake_office import (
    AgencyAwaited,
    FeeCollected,
    FeeReturned,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.message import Message
from schemas.offices import Office
from schemas.speakers import DIRECTORATE, agency_source, office_source

AgencyProgress = RequestCancelled | AgencyAnswered
AgreementAct = AgreementConfirmed | AgreementVetoed | AgreementPaused
OfficeProgress = (
    RequestAccepted | RequestDeclined | FeeCollected | FeeReturned | ServiceStarted | AgencyAwaited | ServiceDelivered
)


class Publisher:
    """Publishes claims for given speakers; the consumers decide whether they are true.

    Every call returns the new event's id, and may raise `ClaimInvalid` (nothing was published) or
    `OutboxUnavailable` (the same).
    """

    def __init__(self, open_outbox: OpenOutbox, now: Now, new_id: NewId) -> None:
        self._open_outbox = open_outbox
        self._now = now
        self._new_id = new_id

    def service(self, service: Service) -> str:
        """The owning agency publishes a version of a service."""
        return self.claim(agency_source(service.agency), ServicePublished(service=service))

    def service_withdrawn(self, agency: str, withdrawal: ServiceWithdrawn) -> str:
        """An agency withdraws a service."""
        return self.claim(agency_source(agency), withdrawal)

    def agreement(self, agreement: Agreement) -> str:
        """The directorate puts a version of an agreement."""
        return self.claim(DIRECTORATE, AgreementChanged(agreement=agreement))

    def agreement_act(self, agency: str, act: AgreementAct) -> str:
        """An agency confirms, vetoes or pauses its agreement."""
        return self.claim(agency_source(agency), act)

    def office_licensed(self, office: Office) -> str:
        """The directorate licenses a new office."""
        return self.claim(DIRECTORATE, OfficeLicensed(office=office))

    def office_changed(self, office: Office) -> str:
        """The directorate changes an office."""
        return self.claim(DIRECTORATE, OfficeChanged(office=office))

    def office_suspended(self, suspension: OfficeSuspended) -> str:
        """The directorate suspends a licence."""
        return self.claim(DIRECTORATE, suspension)

    def request(self, agency: str, request: RequestSubmitted) -> str:
        """An agency submits a request."""
        return self.claim(agency_source(agency), request)

    def walk_in(self, office: str, request: RequestSubmitted) -> str:
        """An office submits a request of a citizen at its desk."""
        return self.claim(office_source(office), request)

    def progress(self, office: str, event: OfficeProgress) -> str:
        """An office reports what happened to a request that it holds."""
        return self.claim(office_source(office), event)

    def agency_progress(self, agency: str, event: AgencyProgress) -> str:
        """An agency cancels a request or answers a question about it."""
        return self.claim(agency_source(agency), event)

    def claim(self, source: str, event: Event, *, time: datetime | None = None, event_id: str | None = None) -> str:
        """Any claim of any speaker; the topic follows from `source`.

        An `event_id` of the caller's own makes a repetition known as one, wherever it meets the first.
        """
        message = self.message(source, event, event_id, time)
        self.publish([message])
        return message.envelope.id

    def message(self, source: str, event: Event, event_id: str | None = None, time: datetime | None = None) -> Message:
        """Return a claim as it would be published, with a new id unless one is given. Raises `ClaimInvalid`."""
        return message_from_event(source, event, event_id or str(self._new_id()), time or self._now())

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish messages that were checked already, all or none of them."""
        with self._open_outbox() as outbox:
            outbox.add(messages)
