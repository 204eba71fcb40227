"""What agencies, offices and the directorate say, as lines of structured CloudEvents for `pishkhan publish`."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.broker.source import KafkaSource
from tests.kit.real.running import RunningBus, pishkhan, until

Line = dict[str, Any]


def new_request() -> str:
    """Return the id of a new request."""
    return str(uuid.uuid4())


def said(source: str, name: str, moment: datetime | None = None, /, **data: object) -> Line:
    """Return one event, said by `source` at business time `moment`; without one, the time of publishing counts."""
    line: Line = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": f"ir.pishkhan.{name}.v1",
        "data": data,
    }
    if moment is not None:
        line["time"] = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if "request_id" in data:
        line["subject"] = data["request_id"]
    return line


def submitted(
    agency: str,
    request_id: str,
    service: str,
    city: str,
    moment: datetime | None = None,
    /,
    **form: object,
) -> Line:
    """Return an agency's submission of a request that any office may have."""
    body = {"request_id": request_id, "service": service, "origin": "agency", "city": city, "form": form}
    return said(f"/agencies/{agency}", "RequestSubmitted", moment, **body)


def publish(bus: RunningBus, *lines: Line) -> None:
    """Publish `lines` in their order. Fails when one of them is not taken."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    pishkhan(bus.environment, "publish", "-", said=text)


def states(bus: RunningBus, request_ids: list[str]) -> Mapping[str, str]:
    """Return the state of every request that the bus knows among `request_ids`."""
    query = "SELECT request_id::text, state FROM request WHERE request_id = ANY(%s::uuid[])"
    return dict(bus.rows(query, request_ids))


def wait_for_states(bus: RunningBus, wanted: Mapping[str, str], seconds: float = 60.0) -> None:
    """Wait until every request is in its wanted state. Fails with the counts of those that are not."""
    deadline = time.monotonic() + seconds
    while (found := states(bus, list(wanted))) != wanted:
        others = Counter(
            found.get(request_id, "unknown") for request_id in wanted if found.get(request_id) != wanted[request_id]
        )
        assert time.monotonic() < deadline, f"after {seconds:.0f} s requests are still {dict(others)}"
        time.sleep(0.1)


def wait_until_quiet(bus: RunningBus, seconds: float = 90.0) -> None:
    """Wait until everything decided is published, and every consumer has read all that the broker holds."""
    source = KafkaSource(bus.settings.kafka_login(), lambda topic: True, "pishkhan.tests")
    try:
        source.partitions()
        until(lambda: _is_quiet(bus, source), "everything to be published and read", seconds)
    finally:
        source.close()


def _is_quiet(bus: RunningBus, source: KafkaSource) -> bool:
    if bus.rows("SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"):
        return False
    positions = bus.rows("SELECT topic || '/' || partition, topic, next_position FROM consumer_offset")
    ends = source.ends(sorted({topic for _, topic, _ in positions}))
    return all(ends[place] <= position for place, _, position in positions)
