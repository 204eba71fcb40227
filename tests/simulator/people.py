"""The people of the stories: agencies and strangers write to the broker, offices and operators use commands."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from consumers.parking import OperatorAction, ParkReason
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.handlers import CONSUMER as REQUESTS_CONSUMER
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher
from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas import intake_office as office
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.subject import subject_of
from schemas.topics import INTAKE_DIRECTORATE, INTAKE_OFFICES
from tests.kit.values import builders
from tests.kit.values.builders import SERVICE
from tests.memory.operators import MemoryParkOperator
from tests.memory.outbox import outbox_opener
from tests.memory.positions import BusSession
from tests.simulator.world import AGENCY, AGENCY_TOPIC, LATE_SERVICE, OFFICES, World

#: Their keys lie in three different partitions of the offices' topic.
REQUESTS = tuple(UUID(int=(1 << 100) + number) for number in (1, 4, 2))
FEE_RIAL = 30_000
OPERATOR = "operator-1"
AGENCY_SOURCE, DIRECTORATE = f"/agencies/{AGENCY}", "/directorate"


class Said(NamedTuple):
    """What can be said of a request: in words, by whom, and as an event."""

    words: str
    by: str
    event: Callable[[UUID], Event]


def _submission(service: str, origin: agency.Origin, city: str = "bojnord") -> Callable[[UUID], Event]:
    return lambda request_id: agency.RequestSubmitted(request_id=request_id, service=service, origin=origin, city=city)


_CASH = office.PaymentMethod.CASH
#: Everything that can be said of a request; `desk` is the office that has it, or the first when none has.
SAYINGS: dict[str, Said] = {
    "submit": Said("submits {}", "agency", _submission(SERVICE, agency.Origin.AGENCY)),
    "submit late": Said(
        "submits {} for a service that it may not have published yet",
        "agency",
        _submission(LATE_SERVICE, agency.Origin.AGENCY),
    ),
    "submit nowhere": Said(
        "submits {} for a city that has no offices", "agency", _submission(SERVICE, agency.Origin.AGENCY, "atlantis")
    ),
    "walk in": Said("takes a walk-in, {}", "desk", _submission(SERVICE, agency.Origin.WALK_IN)),
    "cancel": Said("cancels {}", "agency", lambda r: agency.RequestCancelled(request_id=r, reason="not wanted")),
    "approve": Said("approves {}", "agency", lambda r: agency.AgencyAnswered(request_id=r, answer=_ANSWER.APPROVED)),
    "reject": Said("rejects {}", "agency", lambda r: agency.AgencyAnswered(request_id=r, answer=_ANSWER.REJECTED)),
    "accept": Said("accepts {}", "desk", lambda r: office.RequestAccepted(request_id=r, operator=OPERATOR)),
    "decline": Said(
        "declines {}",
        "desk",
        lambda r: office.RequestDeclined(request_id=r, reason=office.DeclineReason.NO_CAPACITY, operator=OPERATOR),
    ),
    "collect": Said(
        "collects the fee of {}",
        "desk",
        lambda r: office.FeeCollected(
            request_id=r, amount_rial=FEE_RIAL, method=_CASH, receipt_number="1", operator=OPERATOR
        ),
    ),
    "give back": Said(
        "gives the fee of {} back",
        "desk",
        lambda r: office.FeeReturned(request_id=r, amount_rial=FEE_RIAL, receipt_number="2", operator=OPERATOR),
    ),
    "start": Said("starts {}", "desk", lambda r: office.ServiceStarted(request_id=r, operator=OPERATOR)),
    "ask": Said("asks the agency about {}", "desk", lambda r: office.AgencyAwaited(request_id=r, operator=OPERATOR)),
    "deliver": Said("delivers {}", "desk", lambda r: office.ServiceDelivered(request_id=r, operator=OPERATOR)),
    "refund": Said(
        "orders a refund of {}",
        "directorate",
        lambda r: directorate.RefundOrdered(request_id=r, amount_rial=10_000, reason="a mistake"),
    ),
    "dispute": Said(
        "opens a dispute over {}",
        "directorate",
        lambda r: directorate.DisputeOpened(request_id=r, reason="the receipt is missing"),
    ),
}
_ANSWER = agency.Answer
#: What is said next of a request that goes well.
NEXT: dict[RequestStage, str] = {
    RequestStage.AWAITED: "submit",
    RequestStage.PARKED: "cancel",
    RequestStage.ROUTED: "accept",
    RequestStage.ESCALATED: "cancel",
    RequestStage.ACCEPTED: "collect",
    RequestStage.FEE_COLLECTED: "start",
    RequestStage.STARTED: "deliver",
    RequestStage.AGENCY_AWAITED: "approve",
    RequestStage.COMPLETED: "refund",
    RequestStage.CANCELLED: "give back",
    RequestStage.REJECTED: "give back",
    RequestStage.EXPIRED: "give back",
    RequestStage.REFUSED: "cancel",
}


class Sent(NamedTuple):
    """One record as somebody sent it, so that it can be sent again."""

    words: str
    topic: str
    envelope: Envelope
    body: bytes


class People:
    """Says things in the world; every method returns what happened, in words."""

    def __init__(self, world: World) -> None:
        self.sent: list[Sent] = []
        self._world = world
        self._session = BusSession(world.database, "a command")
        self._ids = 0
        self._publisher = Publisher(outbox_opener(self._session), world.real, self._next_id)
        self._windows = self._payments = 0

    def state(self, request_id: UUID) -> RequestState | None:
        """Return a request as it is committed."""
        row = self._world.database.requests.rows.get(request_id)
        return None if row is None else RequestState.model_validate_json(row.document)

    def next_of(self, number: int) -> str:
        """Return what is said next of a request that goes well."""
        state = self.state(REQUESTS[number])
        return NEXT[RequestStage.AWAITED if state is None else state.stage]

    def say(self, number: int, what: str, partition: int = 0, stranger: bool = False, desk: str | None = None) -> str:
        """Say `what` of a request: agencies write to the broker, the others publish through the outbox.

        At which `desk`, follows from who has the request now, unless it is given; a `stranger` is another office.
        """
        said, request_id = SAYINGS[what], REQUESTS[number]
        words = said.words.format(f"R{number + 1}")
        if said.by == "agency":
            return self._write(f"the agency {words}", AGENCY_SOURCE, said.event(request_id), partition)
        if said.by == "directorate":
            return self._publish(f"the directorate {words}", DIRECTORATE, said.event(request_id))
        if desk is None:
            state = self.state(request_id)
            desk = OFFICES[0] if state is None or state.office is None else state.office
        if stranger:
            desk = next(code for code in OFFICES if code != desk)
        return self._publish(f"{desk} {words}", f"/offices/{desk}", said.event(request_id))

    def take_back(self, place: int, partition: int = 0, stranger: bool = False) -> str | None:
        """Take back a claim on a request that waits, as who said it, or as an office that did not."""
        parked = sorted(self._world.database.parked.rows.items())
        waiting = [row.event for _, row in parked if row.consumer == REQUESTS_CONSUMER]
        if not waiting:
            return None
        event = waiting[place % len(waiting)]
        headers = {name: (value or b"").decode() for name, value in event.record.headers}
        source = f"/offices/{OFFICES[-1]}" if stranger else headers["ce_source"]
        withdrawn = agency.ClaimWithdrawn(request_id=UUID(event.key), claim_id=headers["ce_id"])
        words = f"{source} takes back what {headers['ce_source']} said ({headers['ce_type']})"
        if source == AGENCY_SOURCE:
            return self._write(words, source, withdrawn, partition)
        return self._publish(words, source, withdrawn)

    def publish_late_service(self, partition: int) -> str:
        """Let the agency publish the service that some requests are for already."""
        event = agency.ServicePublished(service=builders.service(LATE_SERVICE, agency=AGENCY))
        return self._write("the agency publishes its second service", AGENCY_SOURCE, event, partition)

    def pay(self, again: bool) -> str:
        """Let an office pay in what it may owe, or book the last payment once more under a new id."""
        self._payments += not again or self._payments == 0
        event = directorate.OfficePaid(office=OFFICES[0], amount_rial=9_000, reference=f"bank-{self._payments}")
        words = f"the directorate books payment {self._payments} of {OFFICES[0]}"
        return self._publish(words, DIRECTORATE, event)

    def close_window(self) -> str:
        """Close the next settlement window."""
        self._windows += 1
        event = directorate.WindowCloseRequested(window=self._windows)
        return self._publish(f"the directorate closes window {self._windows}", DIRECTORATE, event)

    def repeat(self, place: int, partition: int, lie: bool) -> str | None:
        """Send a record again, to some partition of its topic, as it was or with another body or subject."""
        if not self.sent or self._world.broker.down:
            return None
        sent = self.sent[place % len(self.sent)]
        how = "again"
        if lie and place % 2:
            sent, how = sent._replace(body=sent.body.removesuffix(b"}") + b',"unheard-of":1}'), "with another body"
        elif lie:
            sent, how = sent._replace(envelope=sent.envelope._replace(subject="other")), "about something else"
        self._append(sent, partition)
        return f"this is sent {how}: {sent.words}"

    def send_garbage(self, number: int, partition: int) -> str | None:
        """Send what nobody can use: bytes, another's name, a type that is none."""
        if self._world.broker.down:
            return None
        words, source, event_type, body = (
            ("bytes that are no JSON", AGENCY_SOURCE, agency.RequestCancelled.type_name(), b"\xff{"),
            ("a claim in another agency's name", "/agencies/other", agency.RequestCancelled.type_name(), b"{}"),
            ("an event of a type that is none", AGENCY_SOURCE, "ir.pishkhan.Unheard.v1", b"{}"),
        )[number]
        envelope = Envelope(str(self._next_id()), source, event_type)
        self._append(Sent(words, AGENCY_TOPIC, envelope, body), partition)
        return f"somebody sends {words}"

    def decide(self, place: int, action: OperatorAction) -> str | None:
        """Let an operator decide on something that is parked, unless a worker has it in hand."""
        parked = sorted(self._world.database.parked.rows.items())
        if not parked:
            return None
        number, row = parked[place % len(parked)]
        if not self._decide(number, action):
            return None
        return f"an operator wants {row.consumer} to {action} what is parked as {row.event.reason}"

    def redrive_failed(self) -> bool:
        """Let an operator redrive everything that failed; say whether anything did."""
        parked = sorted(self._world.database.parked.rows.items())
        failed = [number for number, row in parked if row.event.reason is ParkReason.FAILED]
        for number in failed:
            self._decide(number, OperatorAction.REDRIVE)
        return bool(failed)

    def _decide(self, number: int, action: OperatorAction) -> bool:
        try:
            with self._session.transaction() as transaction:
                return bool(MemoryParkOperator(transaction, self._world.database).decide([number], action))
        except (Contention, DatabaseUnavailable):
            return False

    def _publish(self, words: str, source: str, event: Event) -> str:
        try:
            event_id = self._publisher.claim(source, event)
        except OutboxUnavailable:
            return f"{words}, and is told that the database is away"
        topic = INTAKE_DIRECTORATE.name if source == DIRECTORATE else INTAKE_OFFICES.name
        envelope = Envelope(event_id, source, event.type_name(), subject_of(event), self._world.real())
        self.sent.append(Sent(words, topic, envelope, encode(event)))
        return words

    def _write(self, words: str, source: str, event: Event, partition: int) -> str:
        if self._world.broker.down:
            return f"{words}, and is told that the broker is away"
        envelope = Envelope(str(self._next_id()), source, event.type_name(), subject_of(event), self._world.real())
        self.sent.append(Sent(words, AGENCY_TOPIC, envelope, encode(event)))
        self._append(self.sent[-1], partition)
        return words

    def _append(self, sent: Sent, partition: int) -> None:
        key, headers = (sent.envelope.subject or "").encode(), to_headers(sent.envelope)
        self._world.broker.append(sent.topic, partition, sent.body, key, headers)

    def _next_id(self) -> UUID:
        self._ids += 1
        return UUID(int=self._ids)
