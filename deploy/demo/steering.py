"""How a day's requests were steered: how far citizens go, how long they wait, and how income divides over offices.

Read off the requests' log alone, so that the same figures can be made of any day, played or simulated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from uuid import UUID

from consumers.settlement.domain.fees import office_income_rial
from schemas import log_requests as log
from schemas.base import Event
from schemas.decode import parse
from schemas.envelope import Envelope
from schemas.intake_agency import Origin


@dataclass(frozen=True, slots=True)
class Distances:
    """Road distances in metres from citizens' places to the offices that have their requests; zero of none."""

    requests: int
    mean_m: int
    median_m: int
    p95_m: int


@dataclass(frozen=True, slots=True)
class Steering:
    """`agency` are requests that an agency originated, `chosen` those whose office the citizen named or stood in.

    The wait is from opening to acceptance. The Gini coefficient is of every office's income over its expected income:
    0 when all are equally near to what they expect, 1 when one has everything.
    """

    agency: Distances
    chosen: Distances
    wait_p95_seconds: int
    income_gini: float


#: What the figures are made of; nothing else need be decoded.
_MODELS: Mapping[str, type[Event]] = {
    model.type_name(): model
    for model in (log.RequestOpened, log.RequestRouted, log.OfficeAccepted, log.RequestCompleted)
}


@dataclass(slots=True)
class SteeringCount:
    """Follows the requests' log; `learn` each request's events once, in their order. Holds some words per request."""

    _origins: dict[UUID, Origin] = field(default_factory=dict)
    _opened_at: dict[UUID, datetime] = field(default_factory=dict)
    _distances_m: dict[UUID, int] = field(default_factory=dict)
    _waits_seconds: list[float] = field(default_factory=list)
    _income_rial: dict[str, int] = field(default_factory=dict)

    def read(self, envelope: Envelope, body: bytes) -> None:
        """Take in one event as it lies in the log."""
        model = _MODELS.get(envelope.type)
        if model is not None:
            assert envelope.time is not None, "the bus says of all its events when they were"
            self.learn(parse(model, body), envelope.time)

    def learn(self, event: Event, time: datetime) -> None:
        """Take in one event of business time `time`."""
        match event:
            case log.RequestOpened():
                self._origins[event.request_id] = event.origin
                self._opened_at[event.request_id] = time
            case log.RequestRouted(decision=decision):
                self._distances_m[event.request_id] = next(
                    sample.distance_m for sample in decision.samples if sample.office == decision.office
                )
            case log.OfficeAccepted():
                self._waits_seconds.append((time - self._opened_at[event.request_id]).total_seconds())
            case log.RequestCompleted():
                earned_rial = self._income_rial.get(event.office, 0)
                self._income_rial[event.office] = earned_rial + office_income_rial(event.fee)
            case _:
                pass

    def figures(self, expected_rial: Mapping[str, int]) -> Steering:
        """Return what came of the day. `expected_rial` is every office's expected income, of any length of time."""
        by_agency = {one for one, origin in self._origins.items() if origin is Origin.AGENCY}
        ratios = [self._income_rial.get(office, 0) / rial for office, rial in expected_rial.items() if rial]
        return Steering(
            agency=_distances([m for one, m in self._distances_m.items() if one in by_agency]),
            chosen=_distances([m for one, m in self._distances_m.items() if one not in by_agency]),
            wait_p95_seconds=round(quantile(self._waits_seconds, 95)),
            income_gini=round(gini(ratios), 3),
        )


def quantile(values: Collection[float], per_cent: int) -> float:
    """Return the smallest of `values` that `per_cent` of them do not exceed; zero of none."""
    return sorted(values)[-(-len(values) * per_cent // 100) - 1] if values else 0.0


def gini(values: Collection[float]) -> float:
    """Return the Gini coefficient of values that are not negative; zero of none, and when all are zero."""
    total = sum(values)
    if not total:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return 2 * ranked / (len(values) * total) - (len(values) + 1) / len(values)


def _distances(metres: Collection[int]) -> Distances:
    if not metres:
        return Distances(0, 0, 0, 0)
    return Distances(len(metres), round(fmean(metres)), round(quantile(metres, 50)), round(quantile(metres, 95)))
