"""The summary of a day: counted from the database, counted again from the requests' log, and the two compared."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from connectors.database.requests.requests import RequestCounts
from consumers.settlement.books import LedgerSummary
from deploy.demo.steering import Steering
from schemas import log_requests as log
from schemas.envelope import Envelope
from schemas.log_requests import RefusalReason


@dataclass(frozen=True, slots=True)
class ByClass:
    """How many there are for each office class."""

    urban: int
    rural: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long the parts of the run took, in real time."""

    engines: float
    load: float
    run: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the summary says, and `--report` writes.

    `refusals` counts the requests that were refused, by reason; `with_person` are the ids of those that no office took
    in time.
    """

    requests: RequestCounts
    ledger: LedgerSummary
    offices: ByClass
    services: ByClass
    agreements: int
    steering: Steering
    seconds: Seconds
    refusals: dict[RefusalReason, int]
    with_person: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the report as plain values, named as in the documentation."""
        return asdict(self)

    def faults(self) -> list[str]:
        """Return, in words, every identity that the books break; none for a sound day."""
        requests, ledger = self.requests, self.ledger
        faults = []
        if requests.submitted != requests.routed + requests.refused + requests.parked:
            faults.append(
                f"submitted {requests.submitted} is not routed {requests.routed} + refused {requests.refused}"
                f" + parked {requests.parked}"
            )
        if ledger.held_rial != ledger.posted_rial + ledger.voided_rial + ledger.still_held_rial:
            faults.append(
                f"held {ledger.held_rial} is not posted {ledger.posted_rial} + voided {ledger.voided_rial}"
                f" + still held {ledger.still_held_rial}"
            )
        if ledger.sum_rial != 0:
            faults.append(f"the ledger's accounts add up to {ledger.sum_rial} rial, not to zero")
        return faults


@dataclass(slots=True)
class LogCount:
    """What the requests' log itself says, by a single reading from its beginning."""

    opened: set[str] = field(default_factory=set)
    routed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    sequences: dict[str, int] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    reasons: dict[str, RefusalReason] = field(default_factory=dict)
    escalated: list[str] = field(default_factory=list)

    def read(self, events: Iterable[tuple[Envelope, bytes]], tell: Callable[[Envelope, bytes], None]) -> None:
        """Count events in log order; an event that the relay sent twice counts once. Each of them is told of once."""
        by_type: Mapping[str, set[str]] = {
            log.RequestOpened.type_name(): self.opened,
            log.RequestRouted.type_name(): self.routed,
            log.RequestRefused.type_name(): self.refused,
            log.RequestCompleted.type_name(): self.completed,
        }
        cancelled = f'"reason":"{log.CloseReason.CANCELLED}"'.encode()
        for envelope, body in events:
            subject = envelope.subject
            if subject is None or envelope.sequence is None or not self._is_next(subject, envelope.sequence):
                continue
            tell(envelope, body)
            if envelope.type in by_type:
                by_type[envelope.type].add(subject)
            elif envelope.type == log.RequestClosed.type_name() and cancelled in body:
                self.cancelled.add(subject)
            if envelope.type == log.RequestRefused.type_name():
                self.reasons[subject] = log.RequestRefused.model_validate_json(body).reason
            elif envelope.type == log.RequestEscalated.type_name():
                self.escalated.append(subject)

    def refusals(self) -> dict[RefusalReason, int]:
        """Return how many requests were refused for which reason, the most first."""
        refused = (reason for subject, reason in self.reasons.items() if subject not in self.routed)
        return dict(Counter(refused).most_common())

    def _is_next(self, subject: str, sequence: int) -> bool:
        last = self.sequences.get(subject, 0)
        if sequence <= last:
            return False
        if sequence > last + 1:
            self.gaps.append(subject)
        self.sequences[subject] = sequence
        return True

    def disagreements(self, counts: RequestCounts) -> list[str]:
        """Return, in words, where the database and the log differ, and requests whose sequence has a gap."""
        pairs = {
            "opened": (len(self.opened), counts.submitted - counts.parked),
            "routed": (len(self.routed), counts.routed),
            "refused": (len(self.refused - self.routed), counts.refused),
            "completed": (len(self.completed), counts.completed),
            "cancelled": (len(self.cancelled), counts.cancelled),
        }
        found = [
            f"{name}: the log says {from_log}, the database says {from_database}"
            for name, (from_log, from_database) in pairs.items()
            if from_log != from_database
        ]
        return found + [f"request {subject}: its sequence has a gap" for subject in self.gaps]
