"""Lives of requests as the logs tell them, for tests of facts and figures: whole events, in records, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from consumers.runner.records import Record
from schemas import log_requests as log
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import Origin
from schemas.intake_office import DeclineReason
from schemas.log_settlement import FeePosted, FeeRefunded
from schemas.partition import partition_of
from schemas.tariff import Fee
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT

#: A Monday, 09:30 in Asia/Tehran.
MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NO_FEE = Fee(lines=(), total_rial=0, office_collects_rial=0, office_part_rial=0)
_NAMESPACE = UUID("7d1f9c0e-6a43-4a51-9c1e-3f0f6f1d2b10")


def request_id(number: int) -> UUID:
    """Return the id of the `number`-th request."""
    return uuid5(_NAMESPACE, f"request {number}")


@dataclass(frozen=True)
class Told:
    """One event with what its envelope says."""

    event: Event
    sequence: int | None
    time: datetime
    subject: str

    @property
    def topic(self) -> str:
        return LOG_SETTLEMENT.name if isinstance(self.event, FeePosted | FeeRefunded) else LOG_REQUESTS.name

    @property
    def partition(self) -> int:
        return partition_of(self.subject, LOG_REQUESTS.partitions)

    def record(self, position: int) -> Record:
        """Return it as the record that the relay would have written at `position`."""
        envelope = Envelope(
            id=str(uuid5(_NAMESPACE, f"{self.subject} {self.event!r} {self.sequence}")),
            source="/bus",
            type=self.event.type_name(),
            subject=self.subject,
            time=self.time,
            sequence=self.sequence,
        )
        headers = tuple(to_headers(envelope))
        body = encode(self.event)
        return Record(self.topic, self.partition, position, self.subject.encode(), headers, body, self.time)


@dataclass
class Life:
    """Tells one request's events, one after the other; `at` is minutes after `MORNING`."""

    number: int
    agency: str = "civil-registry"
    service: str = "birth-certificate"
    county: str = "bojnord"
    told: list[Told] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        return request_id(self.number)

    def opened(self, at: float, *, county: str | None = None, office: str | None = None) -> "Life":
        return self._log(
            at,
            log.RequestOpened(
                request_id=self.id,
                origin=Origin.AGENCY,
                service=self.service,
                agency=self.agency,
                city=self.county,
                county=county,
                office=office,
                citizen_ref=None,
                form={},
                personal=None,
                submitted_at=_moment(at),
            ),
        )

    def routed(self, at: float, office: str, attempt: int = 1) -> "Life":
        decision = log.Decision(
            office=office,
            attempt=attempt,
            agreement="agreement-1",
            agreement_version=1,
            service_version=1,
            policy_version=1,
            registry_revision=1,
            decided_for=_moment(at),
            decided_at=_moment(at),
            loads_seen=0,
            seed="0" * 32,
            candidates=1,
            excluded={},
            samples=(),
        )
        return self._log(
            at,
            log.RequestRouted(
                request_id=self.id,
                service=self.service,
                agency=self.agency,
                county=self.county,
                decision=decision,
                accept_by=_moment(at + 60),
            ),
        )

    def refused(self, at: float) -> "Life":
        return self._log(
            at,
            log.RequestRefused(
                request_id=self.id,
                service=self.service,
                agency=self.agency,
                reason=log.RefusalReason.NO_ELIGIBLE_OFFICE,
                detail="no office is near enough",
                agreement=None,
                excluded={},
                nearest_office=None,
                registry_revision=1,
                loads_seen=0,
                decided_for=_moment(at),
            ),
        )

    def declined(self, at: float, office: str) -> "Life":
        return self._log(
            at, log.OfficeDeclined(request_id=self.id, office=office, attempt=1, reason=next(iter(DeclineReason)))
        )

    def accepted(self, at: float, office: str) -> "Life":
        return self._log(
            at,
            log.OfficeAccepted(
                request_id=self.id,
                office=office,
                agency=self.agency,
                service=self.service,
                service_version=1,
                agreement="agreement-1",
                agreement_version=1,
                operator="operator-1",
                fee=NO_FEE,
                exposure_rial=0,
                due_at=_moment(at + 600),
                expires_at=_moment(at + 6000),
            ),
        )

    def completed(self, at: float, office: str) -> "Life":
        self._log(at, log.OfficeStarted(request_id=self.id, office=office))
        self._log(at, log.OfficeDelivered(request_id=self.id, office=office))
        return self._log(
            at,
            log.RequestCompleted(
                request_id=self.id,
                office=office,
                agency=self.agency,
                service=self.service,
                county=self.county,
                fee=NO_FEE,
            ),
        )

    def closed(self, at: float, office: str | None) -> "Life":
        return self._log(
            at,
            log.RequestClosed(
                request_id=self.id,
                reason=log.CloseReason.CANCELLED,
                office=office,
                agency=self.agency,
                service=self.service,
                fee=None,
                collected_rial=0,
                exposure_rial=0,
            ),
        )

    def posted(self, at: float, office: str, income_rial: int) -> "Life":
        return self._settle(
            at,
            FeePosted(
                transaction_id=uuid5(_NAMESPACE, f"post {self.number} {len(self.told)}"),
                window=1,
                request_id=self.id,
                office=office,
                amount_rial=max(1, income_rial),
                legs=(),
                office_income_rial=income_rial,
                released_rial=0,
            ),
        )

    def refunded(self, at: float, office: str, income_rial: int) -> "Life":
        return self._settle(
            at,
            FeeRefunded(
                transaction_id=uuid5(_NAMESPACE, f"refund {self.number} {len(self.told)}"),
                window=1,
                request_id=self.id,
                office=office,
                amount_rial=max(1, income_rial),
                legs=(),
                office_income_rial=income_rial,
            ),
        )

    def _log(self, at: float, event: Event) -> "Life":
        sequence = 1 + sum(one.sequence is not None for one in self.told)
        self.told.append(Told(event, sequence, _moment(at), str(self.id)))
        return self

    def _settle(self, at: float, event: Event) -> "Life":
        self.told.append(Told(event, None, _moment(at), str(self.id)))
        return self


def records(told: Iterable[Told], start: int = 0) -> list[Record]:
    """Return the records of `told`, numbered from `start` in each partition of each log."""
    next_position: dict[tuple[str, int], int] = {}
    numbered: list[Record] = []
    for one in told:
        place = (one.topic, one.partition)
        position = next_position.get(place, start)
        next_position[place] = position + 1
        numbered.append(one.record(position))
    return numbered


def working_day() -> Sequence[Told]:
    """Return eight requests of every fate, in the order of time: two offices, two counties, one refund."""
    lives = [
        Life(1).opened(0).routed(1, "office-1").accepted(3, "office-1").completed(20, "office-1"),
        Life(2).opened(5).routed(6, "office-1").declined(8, "office-1").routed(9, "office-2", 2),
        Life(3, county="shirvan").opened(10).routed(11, "office-2").accepted(31, "office-2").completed(80, "office-2"),
        Life(4).opened(15, office="office-1").refused(16),
        Life(5, service="death-certificate").opened(55).routed(56, "office-1").accepted(70, "office-1"),
        Life(6).opened(58).routed(59, "office-1").closed(61, "office-1"),
        Life(7, agency="water", service="water-meter").opened(62).routed(63, "office-2").accepted(64, "office-2"),
        Life(8, agency="water", service="water-meter").opened(65),
    ]
    lives[0].posted(21, "office-1", 21_000)
    lives[2].posted(81, "office-2", 9_000).refunded(200, "office-2", 4_000)
    return sorted((one for life in lives for one in life.told), key=lambda one: one.time)


def _moment(at: float) -> datetime:
    return MORNING + timedelta(minutes=at)
