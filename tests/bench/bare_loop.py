"""The bare loop beside the requests worker: the same client, model and decision, and no SQL.

`python -m tests.bench.bare_loop TOTAL` prints events per second, and CPU per event in microseconds.
"""

import sys
import time

from connectors.broker.source import KafkaSource
from consumers.requests.domain.loads.loads import Loads, position_changes
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.route import Routed, RoutingRequest, route
from consumers.requests.domain.routing.seeds import seed_for
from deploy.settings import load_settings
from schemas.decode import events_by_type, parse
from schemas.envelope import from_headers
from schemas.intake_agency import RequestSubmitted
from schemas.log_requests import RequestRouted
from schemas.topics import INTAKE_AGENCY
from tests.bench.corpus import AGENCY, MOMENT, province, registry_log


class Decider:
    """Decodes and decides one submission after another, loads included; shared with the Faust agent."""

    def __init__(self) -> None:
        self._view = RegistryView.empty().with_entries(registry_log(province()))
        self._loads = Loads(0, {})
        self._models = events_by_type(INTAKE_AGENCY)
        self._secret = load_settings().routing_key()

    def decide(self, headers: list[tuple[str, bytes | None]], body: bytes) -> RequestRouted:
        """Return the event that the bus would publish."""
        envelope = from_headers(headers)
        event = parse(self._models[envelope.type], body)
        assert isinstance(event, RequestSubmitted)
        moment = envelope.time or MOMENT
        asked = RoutingRequest(
            event.service, AGENCY, event.origin, event.city, event.office, moment, moment, event.form
        )
        routed = route(asked, self._view, self._loads, seed_for(self._secret, event.request_id, 1))
        assert isinstance(routed, Routed), routed
        said = RequestRouted.model_construct(
            request_id=event.request_id, service=event.service, agency=AGENCY, county=routed.county,
            decision=routed.decision, accept_by=routed.accept_by,
        )  # fmt: skip
        for change in position_changes(said, moment):
            self._loads.apply(change)
        return said


def main(total: int) -> None:
    """Consume and decide `total` submissions."""
    decider = Decider()
    topic = INTAKE_AGENCY.for_agency(AGENCY)
    source = KafkaSource(load_settings().kafka_login(), lambda name: name == topic, "bench")
    source.assign(dict.fromkeys(source.partitions(), 0))
    done = len(source.poll(10.0, 1))
    started, cpu = time.monotonic(), time.process_time()
    while done < total:
        for record in source.poll(1.0, 2_000):
            decider.decide(list(record.headers), record.value or b"")
            done += 1
    cpu_us = 1e6 * (time.process_time() - cpu) / (total - 1)
    print((total - 1) / (time.monotonic() - started), cpu_us)  # noqa: T201 - its output is its result
    source.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
