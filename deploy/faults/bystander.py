"""What a quiet agency and its office meet while others do whatever they do: seconds from a claim to its decision.

The agency writes to its own topic, the office says its claims through the outbox, as in life; each is timed from the
moment before it is said until the requests' log tells what was decided. One request at a time, so that nothing but
others' load is in the figures.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

from connectors.broker.source import KafkaSource
from connectors.ids import new_id
from deploy.faults.load import Speaks
from deploy.faults.province import PAYING_AGENCY, PLACE, REPORT
from deploy.faults.waiting import TrialFailed
from deploy.settings import Settings
from producers.claims import message_from_event
from schemas.base import Event
from schemas.decode import parse
from schemas.envelope import from_headers
from schemas.intake_agency import Origin, RequestSubmitted
from schemas.intake_office import RequestAccepted
from schemas.log_requests import OfficeAccepted, RequestRouted
from schemas.message import Message
from schemas.speakers import agency_source, office_source
from schemas.topics import LOG_REQUESTS

POLL_SECONDS = 0.02
POLL_RECORDS = 5_000
#: A decision that does not come by then never comes; the bystander was stopped, and not only slowed.
DECIDED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of every claim, in order."""

    seconds: tuple[float, ...] = ()

    def percentile(self, per_cent: int) -> float:
        """Return the nearest-rank percentile. There must be one claim at least."""
        ordered = sorted(self.seconds)
        return ordered[max(0, ceil(per_cent / 100 * len(ordered)) - 1)]

    def beside(self, quiet: "Latencies") -> float:
        """Return how many times as long the 99th percentile is as in quiet."""
        return self.percentile(99) / quiet.percentile(99)


@dataclass(slots=True)
class Bystander:
    """Submits requests and accepts them. `say` is how claims are said; close it at the end."""

    settings: Settings
    say: Speaks
    monotonic: Callable[[], float] = time.monotonic
    _log: KafkaSource = field(init=False)

    def __post_init__(self) -> None:
        self._log = KafkaSource(
            self.settings.kafka_login(), lambda name: name == LOG_REQUESTS.name, "pishkhan.trial.bystander"
        )

    def measure(self, requests: int, pause_seconds: float = 0.05) -> Latencies:
        """Submit and accept `requests` requests; raise `TrialFailed` when a decision does not come."""
        partitions = self._log.partitions()
        ends = self._log.ends([LOG_REQUESTS.name])
        self._log.assign({one: ends[f"{one.topic}/{one.number}"] for one in partitions})
        seconds: list[float] = []
        for _ in range(requests):
            seconds += self._visit()
            time.sleep(pause_seconds)
        return Latencies(tuple(seconds))

    def close(self) -> None:
        """End the connection."""
        self._log.close()

    def _visit(self) -> Sequence[float]:
        request_id = new_id()
        submitted = RequestSubmitted(request_id=request_id, service=REPORT, origin=Origin.AGENCY, city=PLACE)
        began = self.monotonic()
        self.say.to_broker([self._message(agency_source(PAYING_AGENCY), submitted)])
        routed = parse(RequestRouted, self._told(str(request_id), RequestRouted))
        decided = self.monotonic()
        accepted = RequestAccepted(request_id=request_id, operator="bystander")
        self.say.to_outbox([self._message(office_source(routed.decision.office), accepted)])
        self._told(str(request_id), OfficeAccepted)
        return decided - began, self.monotonic() - decided

    def _message(self, source: str, event: Event) -> Message:
        return message_from_event(source, event, str(new_id()), self.settings.clock.now())

    def _told(self, key: str, model: type[Event]) -> bytes:
        """Return the body of the next event of one request that is of `model`."""
        deadline = self.monotonic() + DECIDED_SECONDS
        while self.monotonic() < deadline:
            for record in self._log.poll(POLL_SECONDS, POLL_RECORDS):
                if record.key == key.encode() and from_headers(record.headers).type == model.type_name():
                    return record.value or b""
        raise TrialFailed(f"a bystander's claim had no {model.__name__} within {DECIDED_SECONDS:.0f} s")
