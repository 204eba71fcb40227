"""The gateway of a running bus: an agency submits, waits for the decision, reads its feed, and is shut out again."""

import json
import uuid

import httpx
import pytest

from producers.access.parties import Party, PartyKind
from tests.kit.real.doors import door, issued, revoked
from tests.kit.real.running import AGENCY, CITY, SERVICE, RunningBus, until

pytestmark = pytest.mark.integration
PARTY = Party(PartyKind.AGENCY, AGENCY)
SUBMISSION = {"service": SERVICE, "origin": "agency", "city": CITY}


@pytest.fixture(scope="module")
def token(running_bus: RunningBus) -> str:
    """A key of the agency, known to the gateway."""
    made = issued(running_bus.settings, PARTY)
    with door(running_bus.settings, made) as client:
        until(lambda: client.get("/v1/events/none").status_code == 404, "the key to be known", 10.0)
    return made


def test_a_submission_is_answered_with_where_it_went(running_bus: RunningBus, token: str) -> None:
    with door(running_bus.settings, token) as client:
        answer = client.post("/v1/requests", json=SUBMISSION, headers={"prefer": "wait=20"})
        told = answer.json()
        assert (answer.status_code, told["outcome"]) == (201, "done"), told
        assert "delivery" not in told
        assert {event["type"] for event in told["events"]} >= {"ir.pishkhan.RequestRouted.v1"}
        found = client.get(answer.headers["location"]).json()
        assert (found["event_id"], found["outcome"]) == (told["event_id"], "done")
        rows = running_bus.rows("SELECT agency FROM request WHERE request_id = %s", uuid.UUID(told["request_id"]))
        assert rows == [(AGENCY,)]


def test_a_refusal_is_an_outcome(running_bus: RunningBus, token: str) -> None:
    with door(running_bus.settings, token) as client:
        body = {**SUBMISSION, "service": f"{AGENCY}.nothing-of-this-name"}
        answer = client.post("/v1/requests", json=body, headers={"prefer": "wait=20"})
        assert (answer.status_code, answer.json()["outcome"]) == (201, "refused")


def test_a_batch_is_kept_once_however_often_it_comes(running_bus: RunningBus, token: str) -> None:
    run = uuid.uuid4().hex[:8]
    lines = [json.dumps({"id": f"{run}-{n}", "act": "submit-request", "data": SUBMISSION}) for n in range(60)]
    headers = {"content-type": "application/x-ndjson"}
    with door(running_bus.settings, token) as client:
        first, again = [client.post("/v1/batch", content="\n".join(lines), headers=headers) for _ in range(2)]
    ids = [[json.loads(line)["event_id"] for line in answer.text.splitlines()] for answer in (first, again)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(lines)
    query = "SELECT count(*) FROM outbox WHERE event_id = ANY (%s::text[])"
    assert running_bus.rows(query, ids[0]) == [(len(lines),)]


def test_a_request_of_another_agency_is_not_there(running_bus: RunningBus, token: str) -> None:
    with door(running_bus.settings, token) as client:
        path = f"/v1/requests/{running_bus.words['REQUEST_ID']}/cancel"
        answer = client.post(path, json={"reason": "not ours"})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not_found")


def test_the_feed_is_read_in_pages_and_as_a_stream_with_one_cursor(running_bus: RunningBus, token: str) -> None:
    with door(running_bus.settings, token) as client:
        request_id = client.post("/v1/requests", json=SUBMISSION, headers={"prefer": "wait=20"}).json()["request_id"]

        def page(after: int, wait: int) -> list[dict[str, object]]:
            answer = client.get("/v1/feed", params={"after": after, "wait": wait, "limit": 1000})
            assert answer.status_code == 200, answer.text
            entries: list[dict[str, object]] = answer.json()["entries"]
            return entries

        entries = until(lambda: [one for one in page(0, 5) if one["subject"] == request_id], "the request in the feed")
        number = entries[0]["number"]
        headers = {"accept": "text/event-stream", "last-event-id": str(number - 1)}
        with client.stream("GET", "/v1/feed", headers=headers) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            lines = iter(stream.iter_lines())
            told = [next(line for line in lines if line.startswith(word)) for word in ("id: ", "data: ")]
        assert told[0] == f"id: {number}"
        assert json.loads(told[1].removeprefix("data: ")) == entries[0]


def test_a_revoked_key_opens_nothing_and_ends_its_stream(running_bus: RunningBus) -> None:
    settings = running_bus.settings
    made = issued(settings, PARTY)
    with door(settings, made) as client:
        until(lambda: client.get("/v1/feed").status_code == 200, "the key to be known", 10.0)
        with client.stream("GET", "/v1/feed?after=999999", headers={"accept": "text/event-stream"}) as stream:
            revoked(settings, made)
            assert all(not line or line.startswith((":", "retry:")) for line in stream.iter_lines()), "and it ends"
        assert client.get("/v1/feed").status_code == 401


def test_it_says_nothing_of_itself(running_bus: RunningBus) -> None:
    address = running_bus.settings.gateway_address
    assert "server" not in httpx.get(f"{address}/healthz").headers
    assert httpx.get(f"{address}/readyz").json() == {"ready": True, "cause": None}
    assert httpx.get(f"{address}/v1/openapi.json").json()["openapi"] == "3.1.0"
