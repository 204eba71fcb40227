"""A foreign Kafka client with an agency's credentials and the AsyncAPI document: its events are treated as any."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from schemas.topics import AGENCY_TOPICS, INTAKE_AGENCY, TOPICS
from tests.kit.real.running import RunningBus, pishkhan, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

AGENCY, OTHER = "electricity", "water"
COUNT = 600
SCRIPT = Path(__file__).with_name("foreign_client.py")


@dataclass(frozen=True, slots=True)
class Visit:
    """What one run of the foreign client left behind."""

    report: dict[str, Any]
    journal: list[dict[str, Any]]

    def acknowledged(self, kind: str) -> int:
        return sum(count for name, count in self.report["acknowledged"].items() if name.startswith(kind))


@pytest.fixture(scope="module")
def visit(running_bus: RunningBus, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    folder = tmp_path_factory.mktemp("foreign")
    pishkhan(
        running_bus.environment, "schemas", "export", str(folder), "--bootstrap", running_bus.settings.kafka_bootstrap
    )
    password, journal = folder / "password", folder / "journal.ndjson"
    password.write_text(running_bus.password(AGENCY), encoding="utf-8")
    services = [word for name in ("outage-report", "debt-clearance") for word in ("--service", f"{AGENCY}.{name}")]
    command = [
        *(sys.executable, str(SCRIPT), "--document", str(folder / "asyncapi.yaml"), "--agency", AGENCY),
        *("--user", f"agency-{AGENCY}", "--password-file", str(password), "--other-agency", OTHER, *services),
        *("--city", "bojnord", "--city", "shirvan", "--form", '{"subscription-number": "12345678"}'),
        *("--count", str(COUNT), "--seed", "11", "--journal", str(journal)),
    ]
    # From outside the repository, so that nothing of it can be imported by accident.
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = journal.read_text(encoding="utf-8").splitlines()
    found = Visit(json.loads(ended.stdout), [json.loads(line) for line in lines])
    _wait_until_quiet(running_bus, found)
    return found


def _wait_until_quiet(bus: RunningBus, visit: Visit) -> None:
    """Wait until both readers of intake have passed all that the client wrote, and its parked claims are done."""
    topic = INTAKE_AGENCY.for_agency(AGENCY)
    query = "SELECT consumer FROM consumer_offset WHERE topic = %s GROUP BY consumer HAVING sum(next_position) >= %s"
    until(lambda: len(bus.rows(query, topic, len(visit.journal))) == 2, "both intake readers to come to the end")
    waiting = "SELECT 1 FROM parked_event WHERE key = ANY (%s) AND reason <> 'failed' LIMIT 1"
    requests = sorted({line["request_id"] for line in visit.journal if line["request_id"] is not None})
    until(lambda: not bus.rows(waiting, requests), "early claims to be taken up")


def test_the_broker_takes_what_is_ours_and_denies_everything_else(visit: Visit) -> None:
    assert visit.report["failures"] == []
    assert visit.acknowledged("submitted") == COUNT
    denied = {INTAKE_AGENCY.for_agency(OTHER), *(topic.name for topic in TOPICS if topic not in AGENCY_TOPICS)}
    assert visit.report["answers_elsewhere"] == dict.fromkeys(denied, "TopicAuthorizationFailedError")


def test_every_request_is_known_once_and_its_books_add_up(visit: Visit, running_bus: RunningBus) -> None:
    ids = {UUID(line["request_id"]) for line in visit.journal if line["kind"] == "submitted"}
    rows = running_bus.rows(
        "SELECT request_id, submitted, ever_routed, state FROM request WHERE request_id = ANY(%s)", list(ids)
    )
    assert {request_id for request_id, *_ in rows} == ids
    assert all(submitted for _, submitted, _, _ in rows)
    routed = sum(ever_routed for _, _, ever_routed, _ in rows)
    refused = sum(state == "refused" for *_, state in rows)
    parked = sum(state == "parked" for *_, state in rows)
    assert routed + refused + parked == COUNT
    assert routed > COUNT // 2


def test_every_cancellation_ends_its_request_though_it_may_have_come_first(
    visit: Visit, running_bus: RunningBus
) -> None:
    cancelled = {UUID(line["request_id"]) for line in visit.journal if line["kind"] == "cancelled"}
    assert len(cancelled) == visit.acknowledged("cancelled") > 0
    query = "SELECT state, count(*) FROM request WHERE request_id = ANY(%s) GROUP BY state"
    states = dict(running_bus.rows(query, list(cancelled)))
    assert set(states) <= {"cancelled", "refused"}
    assert sum(states.values()) == len(cancelled)


def test_what_the_document_leaves_open_is_routed_as_any_other(visit: Visit, running_bus: RunningBus) -> None:
    ids = {UUID(line["request_id"]) for line in visit.journal if line["kind"].startswith("tolerated")}
    query = "SELECT request_id FROM request WHERE request_id = ANY(%s) AND submitted AND state <> 'refused'"
    assert {request_id for (request_id,) in running_bus.rows(query, list(ids))} == ids
    assert len(ids) == 7


def test_what_is_misaddressed_is_told_its_field_and_makes_no_request(visit: Visit, running_bus: RunningBus) -> None:
    ids = [line["id"] for line in visit.journal if line["kind"].startswith("misaddressed")]
    query = (
        "SELECT field, count(*) FROM dead_letter WHERE reason = 'misaddressed' AND event_id = ANY(%s) GROUP BY field"
    )
    assert dict(running_bus.rows(query, ids)) == {"ce_subject": 2, "key": 3}
    assert not running_bus.rows("SELECT 1 FROM intake_event WHERE event_id = ANY(%s)", ids)


def test_everything_acknowledged_has_exactly_one_end(visit: Visit, running_bus: RunningBus) -> None:
    """Applied or refused (its id is on record), set aside, or skipped as a duplicate: nothing is lost."""
    topic = INTAKE_AGENCY.for_agency(AGENCY)
    query = "SELECT reason, count(*) FROM dead_letter WHERE topic = %s GROUP BY reason"
    letters = dict(running_bus.rows(query, topic))
    assert letters["forged_source"] == visit.acknowledged("forged source")
    assert letters["wrong_topic"] == visit.acknowledged("forged act")
    assert letters["misaddressed"] == visit.acknowledged("misaddressed") == 5
    assert letters["identity_conflict"] == visit.acknowledged("conflict")
    assert (
        letters["unknown_type"] == visit.report["acknowledged"]["garbage: ce_type b'ir.pishkhan.RequestSubmitted.v9'"]
    )
    assert letters["malformed"] == visit.acknowledged("garbage") - letters["unknown_type"]
    ended = [visit.acknowledged(kind) for kind in ("submitted", "cancelled", "duplicate", "tolerated")]
    assert sum(letters.values()) + sum(ended) == len(visit.journal)
    good = [line["id"] for line in visit.journal if line["kind"].startswith(("submitted", "cancelled", "tolerated"))]
    query = "SELECT count(*) FROM intake_event WHERE source = %s AND event_id = ANY(%s)"
    assert running_bus.rows(query, f"/agencies/{AGENCY}", good) == [(len(good),)]


def test_a_dead_letter_names_the_field_and_never_the_value(visit: Visit, running_bus: RunningBus) -> None:
    rows = running_bus.rows(
        "SELECT field, detail FROM dead_letter WHERE topic = %s AND reason = 'malformed'",
        INTAKE_AGENCY.for_agency(AGENCY),
    )
    fields = {field for field, _ in rows}
    assert {"body", "ce_id", "ce_source", "ce_specversion", "ce_time", "ce_type", "city", "content-type"} <= fields
    assert {"form.note", "origin", "request_id", "service"} <= fields
    assert not [detail for _, detail in rows if "nowhere" in detail or "yesterday" in detail]
