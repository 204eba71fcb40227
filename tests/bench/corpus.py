"""What every bench reads: North Khorasan with roomy offices, and requests for one agency's services."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from deploy.demo.plan import Province as Planned
from deploy.demo.plan import plan_day
from deploy.provinces.loader import Province, read_province
from producers.claims import message_from_event
from producers.ports import OutboxRow
from schemas import log_requests as log
from schemas.agreements import AgreementState
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import Origin
from schemas.log_registry import RegistryEntry
from schemas.message import Message
from schemas.partition import partition_of
from schemas.tariff import Collector, Fee, FeeLine, Leg, Party, Payer, Purpose
from schemas.topics import LOG_REQUESTS, topic_of
from tests.kit.values import builders

AGENCY = "electricity"
#: A Monday, 09:00 in Tehran: every office is open.
MOMENT = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
NAMESPACE = UUID("8a6e0804-2bd0-4672-b79d-d97027f9071a")


def province() -> Province:
    """Return North Khorasan as it is shipped."""
    return read_province(Path(__file__).parents[2] / "deploy" / "provinces" / "north_khorasan")


def registry_log(read: Province) -> list[RegistryEntry]:
    """Return the registry log of `read`: agreements active, offices so roomy that nothing is refused."""
    active = [signed.agreement.model_copy(update={"state": AgreementState.ACTIVE}) for signed in read.agreements]
    roomy = [office.model_copy(update={"daily_capacity": 10_000}) for office in read.offices]
    return builders.entries([*read.territories, *read.policies, *read.calendars, *read.services, *active, *roomy])


def submissions(read: Province, requests: int, seed: int = 1) -> Iterator[OutboxRow]:
    """Yield `requests` agency-originated submissions, ready for a producer."""
    services = [service for service in read.services if service.agency == AGENCY]
    agreements = [signed.agreement for signed in read.agreements]
    planned = Planned(read.territories[-1], services, agreements, read.offices)
    for arrival in plan_day(planned, seed, requests):
        claim = arrival.claim.model_copy(update={"origin": Origin.AGENCY, "office": None})
        yield row(message_from_event(f"/agencies/{AGENCY}", claim, _id(seed, f"submitted|{claim.request_id}"), MOMENT))


def held_and_posted(requests: int, seed: int = 1) -> Iterator[OutboxRow]:
    """Yield an acceptance and a completion of `requests` requests: the certificate of 30,000 rial, 30 to 70."""
    for number in range(requests):
        request_id = uuid5(NAMESPACE, f"{seed}|{number}")
        office = f"urban-{number % 50:03d}"
        fee = _certificate(office)
        accepted = log.OfficeAccepted(
            request_id=request_id, office=office, agency=AGENCY, service=builders.SERVICE, service_version=1,
            agreement=builders.AGREEMENT, agreement_version=1, operator="operator-1", fee=fee, exposure_rial=9_000,
            due_at=MOMENT, expires_at=MOMENT,
        )  # fmt: skip
        completed = log.RequestCompleted(
            request_id=request_id, office=office, agency=AGENCY, service=builders.SERVICE, county="bojnord", fee=fee
        )
        yield _logged(request_id, 1, accepted)
        yield _logged(request_id, 2, completed)


def row(message: Message) -> OutboxRow:
    """Return `message` as the relay would hand it to a producer."""
    topic = topic_of(message.topic)
    assert topic is not None
    partition = partition_of(message.key, topic.partitions)
    return OutboxRow(
        0, MOMENT, message.topic, partition, message.key.encode(), to_headers(message.envelope), message.body
    )


def _logged(request_id: UUID, sequence: int, event: Event) -> OutboxRow:
    envelope = Envelope(
        id=str(uuid5(request_id, str(sequence))),
        source="/bus",
        type=event.type_name(),
        subject=str(request_id),
        time=MOMENT,
        sequence=sequence,
    )
    return row(Message(LOG_REQUESTS.name, str(request_id), envelope, encode(event)))


def _certificate(office: str) -> Fee:
    legs = (
        Leg(party=Party.BANK, party_code="melli", amount_rial=9_000),
        Leg(party=Party.OFFICE, party_code=office, amount_rial=21_000),
    )
    line = FeeLine(
        code="certificate", payer=Payer.CITIZEN, collector=Collector.OFFICE_CASH, purpose=Purpose.FEE,
        amount_rial=30_000, legs=legs,
    )  # fmt: skip
    return Fee(lines=(line,), total_rial=30_000, office_collects_rial=30_000, office_part_rial=21_000)


def _id(seed: int, text: str) -> str:
    return str(uuid5(NAMESPACE, f"{seed}|{text}"))
