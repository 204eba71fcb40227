"""How offices and agencies behave on a demonstration day: each log event of a request calls forth the next claims.

Pure: what somebody does depends on the seed and the request alone, never on timing, so a day can be played again.
"""

from dataclasses import dataclass
from random import Random
from uuid import UUID

from schemas import log_requests as log
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, Answer, Origin, RequestCancelled
from schemas.intake_office import (
    AgencyAwaited,
    DeclineReason,
    FeeCollected,
    FeeReturned,
    PaymentMethod,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.late_cash import LateCashTaken
from schemas.speakers import agency_source, office_source

#: Per cent of routed requests that an office declines, or leaves until the deadline passes.
DECLINED_PERCENT = 3
IGNORED_PERCENT = 2
#: Per cent of accepted requests that the citizen cancels, before or after paying.
CANCELLED_PERCENT = 2
#: Per cent of answers in which the agency rejects, or wants another document first.
REJECTED_PERCENT = 5
MORE_NEEDED_PERCENT = 3
OPERATOR = "operator-1"


@dataclass(frozen=True, slots=True)
class DemoAct:
    """A claim that somebody makes `after_seconds` of business time later."""

    after_seconds: float
    source: str
    claim: Event


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """What the actors must remember of a request between its events."""

    agency: str
    origin: Origin
    needs_answer: bool
    office: str = ""
    answers: int = 0


def react(seed: int, case: FollowedRequest, sequence: int, event: log.RequestLogEvent) -> list[DemoAct]:
    """Return what office and agency do about `event`, the request's event number `sequence`."""
    random = Random(f"{seed}|{event.request_id}|{sequence}")
    desk = office_source(case.office)
    request_id = event.request_id
    match event:
        case log.RequestRouted():
            return _on_routed(random, case, event)
        case log.OfficeAccepted():
            return _on_accepted(random, case, event)
        case log.OfficeCollectedFee():
            return [DemoAct(random.uniform(20, 120), desk, ServiceStarted(request_id=request_id, operator=OPERATOR))]
        case log.OfficeStarted() if case.needs_answer:
            claim = AgencyAwaited(request_id=request_id, question=None, operator=OPERATOR)
            return [DemoAct(random.uniform(60, 300), desk, claim)]
        case log.OfficeStarted():
            return [_deliver(random, desk, event)]
        case log.AgencyAsked():
            return [_answer(random, case, event)]
        case log.AgencyReplied(answer=Answer.APPROVED):
            return [_deliver(random, desk, event)]
        case log.AgencyReplied(answer=Answer.MORE_NEEDED):
            claim = AgencyAwaited(request_id=request_id, question=None, operator=OPERATOR)
            return [DemoAct(random.uniform(300, 900), desk, claim)]
        case log.RequestClosed(collected_rial=collected) if collected > 0 and event.office is not None:
            return [_give_back(random, request_id, event.office, collected)]
        case LateCashTaken(office=office, amount_rial=taken):
            # Until it has gone back, the office may accept nothing.
            return [_give_back(random, request_id, office, taken)]
        case _:
            return []


def _give_back(random: Random, request_id: UUID, office: str, amount_rial: int) -> DemoAct:
    back = FeeReturned(
        request_id=request_id, amount_rial=amount_rial, receipt_number=_receipt(random), operator=OPERATOR
    )
    return DemoAct(random.uniform(60, 600), office_source(office), back)


def _on_routed(random: Random, case: FollowedRequest, event: log.RequestRouted) -> list[DemoAct]:
    desk = office_source(event.decision.office)
    lot = random.randrange(100)
    if case.origin is not Origin.WALK_IN and lot < IGNORED_PERCENT:
        return []
    if case.origin is not Origin.WALK_IN and lot < IGNORED_PERCENT + DECLINED_PERCENT:
        reason = random.choice(
            [DeclineReason.NO_CAPACITY, DeclineReason.EQUIPMENT_BROKEN, DeclineReason.OPERATOR_ABSENT]
        )
        claim = RequestDeclined(request_id=event.request_id, reason=reason, operator=OPERATOR)
        return [DemoAct(random.uniform(60, 600), desk, claim)]
    wait = random.uniform(5, 60) if case.origin is Origin.WALK_IN else random.uniform(30, 1200)
    return [DemoAct(wait, desk, RequestAccepted(request_id=event.request_id, operator=OPERATOR))]


def _on_accepted(random: Random, case: FollowedRequest, event: log.OfficeAccepted) -> list[DemoAct]:
    desk = office_source(event.office)
    acts: list[DemoAct] = []
    if random.randrange(100) < CANCELLED_PERCENT:
        cancel = RequestCancelled(request_id=event.request_id, reason="the citizen changed their mind")
        acts.append(DemoAct(random.uniform(1, 900), agency_source(case.agency), cancel))
    if event.fee.office_collects_rial == 0:
        start = ServiceStarted(request_id=event.request_id, operator=OPERATOR)
        return [*acts, DemoAct(random.uniform(30, 300), desk, start)]
    by_card = event.fee.by_card
    collect = FeeCollected(
        request_id=event.request_id,
        amount_rial=event.fee.office_collects_rial,
        method=PaymentMethod.POS if by_card else PaymentMethod.CASH,
        receipt_number=_receipt(random),
        pos_reference=str(random.randrange(10**11, 10**12)) if by_card else None,
        operator=OPERATOR,
    )
    return [*acts, DemoAct(random.uniform(30, 300), desk, collect)]


def _answer(random: Random, case: FollowedRequest, event: log.AgencyAsked) -> DemoAct:
    lot = random.randrange(100)
    answer = Answer.APPROVED
    if lot < REJECTED_PERCENT:
        answer = Answer.REJECTED
    elif lot < REJECTED_PERCENT + MORE_NEEDED_PERCENT and case.answers == 0:
        answer = Answer.MORE_NEEDED
    wanted = "a certified copy of the deed" if answer is Answer.MORE_NEEDED else None
    claim = AgencyAnswered(request_id=event.request_id, answer=answer, document_wanted=wanted)
    return DemoAct(random.uniform(120, 1800), agency_source(event.agency), claim)


def _deliver(random: Random, desk: str, event: log.RequestLogEvent) -> DemoAct:
    return DemoAct(random.uniform(60, 600), desk, ServiceDelivered(request_id=event.request_id, operator=OPERATOR))


def _receipt(random: Random) -> str:
    return f"R{random.randrange(10**8):08d}"
