"""A running bus whose events are read again while they come: nothing is done twice."""

import json
import uuid
from datetime import UTC, datetime
from threading import Thread

import pytest

from tests.kit.real.running import BILL, BILL_AGENCY, BILL_SERVICE, CITY, RunningBus, pishkhan, until

pytestmark = pytest.mark.e2e

ROUNDS, BILLS = 2, 60


def bill(request_id: str) -> str:
    data = {"request_id": request_id, "service": BILL_SERVICE, "origin": "agency", "city": CITY, "form": BILL}
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/agencies/{BILL_AGENCY}",
        "type": "ir.pishkhan.RequestSubmitted.v1",
        "data": data,
    }
    return json.dumps(event)


def test_events_that_are_read_again_while_others_come_are_done_once(running_bus: RunningBus) -> None:
    environment = running_bus.environment
    start = datetime.now(UTC).isoformat()
    asked = [[str(uuid.uuid4()) for _ in range(BILLS)] for _ in range(ROUNDS)]

    def publish() -> None:
        for some in asked:
            pishkhan(environment, "publish", "-", said="".join(f"{bill(one)}\n" for one in some))

    traffic = Thread(target=publish)
    traffic.start()
    while traffic.is_alive():
        pishkhan(environment, "replay", "--from", start)
    traffic.join()
    everything = [uuid.UUID(one) for some in asked for one in some]
    routed = "SELECT count(*) FROM request WHERE request_id = ANY(%s) AND ever_routed"
    until(lambda: running_bus.rows(routed, everything) == [(ROUNDS * BILLS,)], "every bill to be routed")
    until(lambda: running_bus.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL") == [(0,)], "the relay")
    until(lambda: "Nothing would change" in pishkhan(environment, "replay", "--from", start, "--dry-run"), "quiet")
    assert "Nothing has changed." in pishkhan(environment, "replay", "--from", start)
    log = "FROM outbox WHERE topic = 'pishkhan.log.requests'"
    sequences = dict(running_bus.rows(f"SELECT key, array_agg(sequence ORDER BY id) {log} GROUP BY key"))
    assert all(sequences[str(one)] == [1, 2] for one in everything)
    pishkhan(environment, "ledger", "verify")
