"""The bus's logs as delivery sees them, for tests: a request's life from its opening on, and events of other logs."""

from datetime import timedelta
from uuid import UUID, uuid5

from consumers.runner.records import Record
from schemas import log_requests as log
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import Answer, Origin
from schemas.intake_office import DeclineReason
from schemas.log_letters import ClaimSetAside, DeadLetterReason
from tests.kit.values.ledger_log import AGENCY, NAMES, OFFICE, REQUEST, START, RequestsLog

CODE = "2222-3333-4444-9999"


def opened(
    request_id: UUID = REQUEST, agency: str | None = AGENCY, origin: Origin = Origin.AGENCY, office: str | None = None
) -> log.RequestOpened:
    """A request is known, with a citizen, a form and a code."""
    return log.RequestOpened(
        request_id=request_id,
        origin=origin,
        service="service",
        agency=agency,
        city="bojnurd",
        county="bojnurd",
        office=office,
        citizen_ref=uuid5(NAMES, "citizen"),
        form={"name": "a secret of the citizen"},
        personal=b"sealed",
        submitted_at=START,
        tracking_code=CODE,
    )


def routed(
    request_id: UUID = REQUEST, office: str = OFFICE, attempt: int = 1, agency: str = AGENCY
) -> log.RequestRouted:
    """The request was given to an office."""
    decision = log.Decision(
        office=office,
        attempt=attempt,
        agreement="agreement",
        agreement_version=1,
        service_version=1,
        policy_version=1,
        registry_revision=1,
        decided_for=START,
        decided_at=START,
        loads_seen=1,
        seed="0" * 32,
        candidates=2,
        excluded={},
        samples=(sample("office-1"), sample("office-2")),
    )
    return log.RequestRouted(
        request_id=request_id,
        service="service",
        agency=agency,
        county="bojnurd",
        decision=decision,
        accept_by=START + timedelta(hours=1),
    )


def sample(office: str) -> log.Sample:
    """One office that was looked at."""
    return log.Sample(
        office=office, in_flight=3, capacity=10, income_rial=5, expected_income_rial=9, distance_m=7, score=77
    )


def declined(request_id: UUID = REQUEST, office: str = OFFICE, attempt: int = 1) -> log.OfficeDeclined:
    """The office sent it back."""
    return log.OfficeDeclined(request_id=request_id, office=office, attempt=attempt, reason=next(iter(DeclineReason)))


def replied(request_id: UUID = REQUEST) -> log.AgencyReplied:
    """The agency wants one more paper."""
    wanted = "the deed of the house"
    return log.AgencyReplied(request_id=request_id, agency=AGENCY, answer=Answer.MORE_NEEDED, document_wanted=wanted)


def refused_claim(source: str, request_id: UUID | None = None) -> log.ClaimRefused:
    """Somebody's claim was refused."""
    return log.ClaimRefused(
        request_id=request_id,
        claim_id="claim-1",
        claim_source=source,
        claim_type="ir.pishkhan.FineImposed.v1",
        reason=next(iter(log.ClaimRefusal)),
        detail="the office is not known",
    )


def letter(topic: str, source: str | None = None, position: int = 7) -> ClaimSetAside:
    """Something on an intake topic was set aside."""
    return ClaimSetAside(
        topic=topic,
        partition=1,
        position=position,
        claim_id="claim-1",
        claim_source=source,
        claim_type=None,
        reason=DeadLetterReason.MALFORMED,
        field="request_id",
        detail="is missing",
        untold_before=3,
    )


def on_log(topic: str, key: str, event: Event, position: int = 0, event_id: str | None = None) -> Record:
    """Return an event of another log than the requests', at a place of partition 0."""
    identity = event_id or str(uuid5(NAMES, f"{topic}/{position}"))
    moment = START + timedelta(seconds=position)
    envelope = Envelope(identity, "/bus", event.type_name(), key, moment)
    return Record(topic, 0, position, key.encode(), tuple(to_headers(envelope)), encode(event), moment)


def routed_twice(of_log: RequestsLog) -> list[Record]:
    """Return a request that one office declines, so that it goes to another."""
    return [
        of_log.add(opened()),
        of_log.add(routed()),
        of_log.add(declined()),
        of_log.add(routed(office="office-2", attempt=2)),
    ]
