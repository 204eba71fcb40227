"""The day's loop: what is due is spoken, what is heard is answered, and the end is the end."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event as Signal
from uuid import UUID

from consumers.runner.records import Record
from deploy.demo.day import Day, Spoken
from deploy.demo.plan import PlannedArrival
from schemas import log_requests as log
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import Answer, Origin, RequestSubmitted
from schemas.intake_office import AgencyAwaited, FeeReturned, PaymentMethod, RequestAccepted, ServiceDelivered
from schemas.late_cash import LateCashTaken
from tests.kit.values import builders

REQUEST = UUID("0190a6f0-0000-7000-8000-000000000001")
AGENCY = f"/agencies/{builders.AGENCY}"


class Stage:
    """A clock that moves when the loop listens, a log to hear, and a memory of what was said."""

    def __init__(self, log_events: Sequence[log.RequestLogEvent]) -> None:
        self.moment = builders.MOMENT
        self.said: list[Spoken] = []
        self._unheard = [record(number, event) for number, event in enumerate(log_events, 1)]

    def now(self) -> datetime:
        return self.moment

    def speak(self, batch: Sequence[Spoken]) -> None:
        self.said += batch

    def hear(self, _seconds: float) -> Sequence[Record]:
        self.moment += timedelta(minutes=30)
        return [self._unheard.pop(0)] if self._unheard else []


def record(sequence: int, event: Event) -> Record:
    envelope = Envelope(
        id=f"event-{sequence}", source="/bus", type=event.type_name(), time=builders.MOMENT, sequence=sequence
    )
    return Record(
        "pishkhan.log.requests", 0, sequence, b"", tuple(to_headers(envelope)), encode(event), builders.MOMENT
    )


def opened() -> log.RequestOpened:
    return log.RequestOpened(
        request_id=REQUEST,
        origin=Origin.WALK_IN,
        service=builders.SERVICE,
        agency=builders.AGENCY,
        city="bojnord",
        county="bojnord",
        office="office-1",
        citizen_ref=None,
        form={},
        personal=None,
        submitted_at=builders.MOMENT,
    )


def routed() -> log.RequestRouted:
    decision = log.Decision(
        office="office-1",
        attempt=1,
        agreement=builders.AGREEMENT,
        agreement_version=1,
        service_version=1,
        policy_version=1,
        registry_revision=5,
        decided_for=builders.MOMENT,
        decided_at=builders.MOMENT,
        loads_seen=0,
        seed="0" * 32,
        candidates=1,
        excluded={},
        samples=(),
    )
    return log.RequestRouted(
        request_id=REQUEST,
        service=builders.SERVICE,
        agency=builders.AGENCY,
        county="bojnord",
        decision=decision,
        accept_by=builders.MOMENT + timedelta(hours=1),
    )


def day(stage: Stage, needs_answer: Callable[[str], bool] = lambda _: False) -> Day:
    return Day(
        seed=1,
        opens_at=builders.MOMENT,
        now=stage.now,
        speak=stage.speak,
        hear=stage.hear,
        needs_answer=needs_answer,
    )


def submitted() -> RequestSubmitted:
    return RequestSubmitted(request_id=REQUEST, service=builders.SERVICE, origin=Origin.AGENCY, city="bojnord")


def test_an_arrival_is_spoken_when_it_is_due() -> None:
    stage = Stage([])
    played = day(stage)
    played.plan([PlannedArrival(3600, AGENCY, submitted())])
    played.run(Signal(), is_over=lambda: True)
    assert [(said.source, said.event) for said in stage.said] == [(AGENCY, submitted())]
    assert stage.said[0].time == builders.MOMENT + timedelta(hours=1)
    assert played.agenda == 0


def test_the_office_that_got_a_request_accepts_it() -> None:
    stage = Stage([opened(), routed()])
    day(stage).run(Signal(), is_over=lambda: True)
    (said,) = stage.said
    assert said.source == "/offices/office-1"
    assert isinstance(said.event, RequestAccepted)


def test_an_office_asks_the_agency_only_when_the_service_needs_it() -> None:
    started = log.OfficeStarted(request_id=REQUEST, office="office-1")
    for needed, expected in ((True, AgencyAwaited), (False, ServiceDelivered)):
        stage = Stage([opened(), routed(), started])
        day(stage, lambda _, needed=needed: needed).run(Signal(), is_over=lambda: True)  # type: ignore[misc]  # bound per round
        assert expected in {type(said.event) for said in stage.said}


def test_an_approval_leads_to_delivery() -> None:
    reply = log.AgencyReplied(request_id=REQUEST, agency=builders.AGENCY, answer=Answer.APPROVED, document_wanted=None)
    stage = Stage([opened(), routed(), reply])
    day(stage, lambda _: True).run(Signal(), is_over=lambda: True)
    assert ServiceDelivered in {type(said.event) for said in stage.said}


def test_an_office_gives_back_what_it_took_after_the_end() -> None:
    late = LateCashTaken(
        request_id=REQUEST,
        office="office-1",
        amount_rial=30_000,
        method=PaymentMethod.CASH,
        receipt_number="r-1",
        pos_reference=None,
    )
    stage = Stage([late])
    day(stage).run(Signal(), is_over=lambda: True)
    (said,) = stage.said
    assert said.source == "/offices/office-1"
    assert isinstance(said.event, FeeReturned)
    assert said.event.amount_rial == 30_000


def test_nobody_acts_on_a_request_that_is_not_of_this_day() -> None:
    stage = Stage([routed()])
    day(stage).run(Signal(), is_over=lambda: True)
    assert stage.said == []


def test_a_stop_ends_the_day_at_once() -> None:
    stage = Stage([])
    played = day(stage)
    played.plan([PlannedArrival(0, AGENCY, submitted())])
    stop = Signal()
    stop.set()
    played.run(stop, is_over=lambda: False)
    assert stage.said == []
