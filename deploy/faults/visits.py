"""What a trial says on the bus: whole visits of citizens, from a seed, each with the one ending that it must have.

Pure: the same seed and tag say the same things. A visit's claims may be said any number of times, and in any order of
the parties, with each office's own in their order; the bus makes the same of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from deploy.faults import province as here
from producers.claims import message_from_event
from schemas import log_requests as log
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, Answer, Origin, RequestCancelled, RequestSubmitted
from schemas.intake_directorate import OfficeLicensed, WindowCloseRequested
from schemas.intake_office import (
    AgencyAwaited,
    FeeCollected,
    PaymentMethod,
    RequestAccepted,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.log_registry import OfficeVersioned
from schemas.message import Message
from schemas.speakers import DIRECTORATE, agency_source, office_source
from schemas.topics import INTAKE_AGENCY

_NAMESPACE = UUID("0d9a4f0e-8d0c-5a66-9f5b-6f2f1f6f9b1d")
#: An office's name with ten digits in it may pass for one with a national id, and is refused then.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
OPERATOR = f"{here.TRIAL}-operator"
#: How many may owe a tight office's cap, of how many that try.
TIGHT_TAKES, TIGHT_TRIES = 3, 6


class VisitKind(StrEnum):
    """What somebody came for."""

    #: A certificate, paid in cash at the counter and delivered.
    CASH = "cash"
    #: A report at a chosen office, which the agency pays for.
    CHOSEN = "chosen"
    #: A permit for which the agency has to answer first.
    ANSWERED = "answered"
    #: A report that the bus finds an office for; nobody has come yet.
    ROUTED = "routed"
    #: The same, and the citizen thinks better of it.
    CANCELLED = "cancelled"
    #: A certificate at an office whose cap leaves room for a few of those who try.
    TIGHT = "tight"
    #: An agency speaks on its own topic in another's name.
    FORGED = "forged"
    #: The directorate licenses another office.
    LICENCE = "licence"
    #: The directorate closes the ledger's open window.
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Ending:
    """What must be known of a visit when all is quiet.

    `events` are what the log says of it, in that order; `balances` its accounts' balances by role, in rial.
    """

    state: str
    events: tuple[type[Event], ...]
    balances: dict[str, int]


_ROUTED = (log.RequestOpened, log.RequestRouted)
_COMPLETED = (log.OfficeDelivered, log.RequestCompleted)
ENDINGS: dict[VisitKind, Ending] = {
    VisitKind.CASH: Ending(
        "completed",
        (*_ROUTED, log.OfficeAccepted, log.OfficeCollectedFee, log.OfficeStarted, *_COMPLETED),
        {"drawer": here.CERTIFICATE_RIAL, "bank": -here.BANK_RIAL, "office": -here.OFFICE_RIAL},
    ),
    VisitKind.CHOSEN: Ending(
        "completed",
        (*_ROUTED, log.OfficeAccepted, log.OfficeStarted, *_COMPLETED),
        {"agency": here.REPORT_RIAL, "office": -here.REPORT_RIAL},
    ),
    VisitKind.ANSWERED: Ending(
        "completed",
        (*_ROUTED, log.OfficeAccepted, log.OfficeStarted, log.AgencyAsked, log.AgencyReplied, *_COMPLETED),
        {"agency": here.PERMIT_RIAL, "office": -here.PERMIT_RIAL},
    ),
    VisitKind.ROUTED: Ending("routed", _ROUTED, {}),
    VisitKind.CANCELLED: Ending("cancelled", (*_ROUTED, log.RequestClosed), {}),
    # One of those that were taken; the others were refused before or after they had the office.
    VisitKind.TIGHT: Ending(
        "accepted",
        (*_ROUTED, log.OfficeAccepted),
        {"citizens": here.CERTIFICATE_RIAL, "suspense": -here.CERTIFICATE_RIAL},
    ),
    VisitKind.LICENCE: Ending("", (OfficeVersioned,), {}),
    VisitKind.WINDOW: Ending("", (), {}),
}
#: How often each kind comes, in one round of visits.
_MIXTURE = {
    VisitKind.CASH: 8,
    VisitKind.CHOSEN: 4,
    VisitKind.ANSWERED: 4,
    VisitKind.ROUTED: 2,
    VisitKind.CANCELLED: 2,
    VisitKind.FORGED: 1,
}


class VisitClaim(NamedTuple):
    """One claim as it goes out; `subject` is what it is about: a request, an office that is licensed, a window."""

    kind: VisitKind
    subject: str
    office: str
    message: Message

    @property
    def identity(self) -> tuple[str, str]:
        """Return the event's source and id."""
        return self.message.envelope.source, self.message.envelope.id


class Visits:
    """The visits of one trial. `tag` makes its ids its own; `now` is the business time at which things are said."""

    def __init__(self, seed: str, tag: str, now: datetime) -> None:
        self._random = Random(seed)
        self._tag = tag
        self._now = now
        self._number = 0
        self.tight_office = self._code("tight")

    def stream(self) -> Iterator[list[VisitClaim]]:
        """Yield visit after visit, without end, in a mixture that the seed decides."""
        kinds = [kind for kind, share in _MIXTURE.items() for _ in range(share)]
        rounds = 0
        while True:
            self._random.shuffle(kinds)
            tight = {2 * place + 1: VisitKind.TIGHT for place in range(TIGHT_TRIES)} if rounds == 0 else {}
            for place, kind in enumerate(kinds):
                yield self.visit(kind)
                if place in tight:
                    yield self.visit(VisitKind.TIGHT)
                if place == 0 and rounds % 2 == 0:
                    yield self.licence(self._code(f"licensed-{self._number}"), here.ROOMY_RIAL)
            rounds += 1

    def tight_licence(self) -> list[VisitClaim]:
        """Return the licence of the office whose cap is tight; it must be known before the visits begin."""
        exposure_rial = here.CERTIFICATE_RIAL - here.OFFICE_RIAL
        return self.licence(self.tight_office, TIGHT_TAKES * exposure_rial + exposure_rial - 1)

    def licence(self, code: str, cap_rial: int) -> list[VisitClaim]:
        """Return the licence of one office."""
        licensed = OfficeLicensed(office=here.office(code, cap_rial))
        return [self._said(VisitKind.LICENCE, code, code, DIRECTORATE, licensed, "licence")]

    def close_window(self, number: int) -> list[VisitClaim]:
        """Return the claim that closes window `number`."""
        closing = WindowCloseRequested(window=number)
        return [self._said(VisitKind.WINDOW, f"window-{number}", "", DIRECTORATE, closing, "window")]

    def visit(self, kind: VisitKind) -> list[VisitClaim]:
        """Return the next visit, of `kind`: its claims in their natural order."""
        self._number += 1
        request_id = uuid5(_NAMESPACE, f"{self._tag}|{self._number}")
        office = self.tight_office if kind is VisitKind.TIGHT else self._random.choice(here.OFFICES)
        desk, cash, paying = office_source(office), agency_source(here.CASH_AGENCY), agency_source(here.PAYING_AGENCY)
        about: dict[str, UUID] = {"request_id": request_id}
        at_desk = {**about, "operator": OPERATOR}
        accepted = (desk, RequestAccepted.model_validate(at_desk))
        started = (desk, ServiceStarted.model_validate(at_desk))
        delivered = (desk, ServiceDelivered.model_validate(at_desk))
        match kind:
            case VisitKind.CASH | VisitKind.TIGHT:
                submitted = (desk, _submitted(request_id, here.CERTIFICATE, Origin.WALK_IN, office))
                collected = (desk, _collected(request_id, self._number))
                rest = [] if kind is VisitKind.TIGHT else [collected, started, delivered]
                told: list[tuple[str, Event]] = [submitted, accepted, *rest]
            case VisitKind.CHOSEN:
                submitted = (paying, _submitted(request_id, here.REPORT, Origin.CITIZEN_CHOICE, office))
                told = [submitted, accepted, started, delivered]
            case VisitKind.ANSWERED:
                submitted = (paying, _submitted(request_id, here.PERMIT, Origin.CITIZEN_CHOICE, office))
                awaited = (desk, AgencyAwaited.model_validate({**at_desk, "question": None}))
                answered = (paying, AgencyAnswered(request_id=request_id, answer=Answer.APPROVED))
                told = [submitted, accepted, started, awaited, answered, delivered]
            case VisitKind.ROUTED | VisitKind.CANCELLED:
                told = [(paying, _submitted(request_id, here.REPORT, Origin.AGENCY, None))]
                if kind is VisitKind.CANCELLED:
                    told.append((paying, RequestCancelled(request_id=request_id, reason=here.TRIAL)))
            case VisitKind.FORGED:
                told = [(cash, _submitted(request_id, here.CERTIFICATE, Origin.AGENCY, None))]
            case VisitKind.LICENCE | VisitKind.WINDOW:
                raise AssertionError(f"a {kind} is no visit")
        said = [
            self._said(kind, str(request_id), office, source, event, f"{self._number}|{step}")
            for step, (source, event) in enumerate(told)
        ]
        if kind is VisitKind.FORGED:
            other = INTAKE_AGENCY.for_agency(here.PAYING_AGENCY)
            return [one._replace(message=one.message._replace(topic=other)) for one in said]
        return said

    def _said(self, kind: VisitKind, subject: str, office: str, source: str, event: Event, step: str) -> VisitClaim:
        event_id = str(uuid5(_NAMESPACE, f"{self._tag}|{step}|{subject}"))
        return VisitClaim(kind, subject, office, message_from_event(source, event, event_id, self._now))

    def _code(self, name: str) -> str:
        return f"{here.TRIAL}-{uuid5(_NAMESPACE, self._tag).hex[:12].translate(_LETTERS)}-{name}"


def accounts_of(kind: VisitKind, office: str) -> dict[str, int]:
    """Return the balances, by account, that a visit of `kind` at `office` must leave in the ledger."""
    agency = here.CASH_AGENCY if kind in (VisitKind.CASH, VisitKind.TIGHT) else here.PAYING_AGENCY
    names = {
        "drawer": f"office:{office}:drawer",
        "office": f"office:{office}",
        "bank": f"bank:{here.BANK}",
        "agency": f"agency:{agency}",
    }
    return {names.get(role, role): rial for role, rial in ENDINGS[kind].balances.items()}


def conflicting(said: VisitClaim) -> tuple[VisitClaim, ...]:
    """Return claims under the same id that say something else: the first that came counts.

    Of a submission another body and another subject, of an acceptance another type: a start has the same fields.
    """
    message, envelope = said.message, said.message.envelope
    if envelope.type == RequestAccepted.type_name():
        others = [message._replace(envelope=envelope._replace(type=ServiceStarted.type_name()))]
    else:
        body = message.body.replace(here.PLACE.encode(), f"{here.PLACE}-elsewhere".encode())
        assert body != message.body, "only a submission names a place"
        subject = f"{envelope.subject}-other"
        others = [message._replace(body=body), message._replace(envelope=envelope._replace(subject=subject))]
    return tuple(said._replace(message=other) for other in others)


def claims_of(visits: Sequence[list[VisitClaim]]) -> list[VisitClaim]:
    """Return all claims of `visits`, one after another."""
    return [said for visit in visits for said in visit]


def _submitted(request_id: UUID, service: str, origin: Origin, office: str | None) -> RequestSubmitted:
    return RequestSubmitted(request_id=request_id, service=service, origin=origin, city=here.PLACE, office=office)


def _collected(request_id: UUID, number: int) -> FeeCollected:
    return FeeCollected(
        request_id=request_id,
        amount_rial=here.CERTIFICATE_RIAL,
        method=PaymentMethod.CASH,
        receipt_number=f"R{number}",
        operator=OPERATOR,
    )
