"""Acts over HTTP: kept once, said by whom the key belongs to, and answered in the caller's words."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import httpx
import orjson
import pytest

from consumers.requests.domain.life.state import RequestStage, RequestState
from producers.access.parties import GRANTABLE, Party, PartyKind, Scope
from producers.acts import ACTS, About, Act
from producers.delivery import Delay, Delivery
from producers.outcomes import Decided, Held, SetAside
from schemas.log_requests import ClaimRefused
from schemas.refusals import ClaimRefusal
from schemas.speakers import SpeakerKind
from tests.kit.values.doors import AUDITOR, DESK, DIRECTORATE, GAS, OTHER_DESK, WATER, Doors
from tests.kit.values.requests_world import at
from tests.memory.tables import RequestRow

PARTIES = {SpeakerKind.AGENCY: GAS, SpeakerKind.OFFICE: DESK, SpeakerKind.DIRECTORATE: DIRECTORATE}
SUBMISSION = {"service": "gas.copy", "origin": "agency", "city": "bojnurd"}
KEY = {"idempotency-key": "case-1"}


def known_request(doors: Doors, **changes: object) -> str:
    """Put a request of `gas` at `office-1` into the database, and return its id."""
    state: RequestState = at(RequestStage.ROUTED).model_copy(update={"agency": "gas", "office": "office-1", **changes})
    row = RequestRow(state.model_dump_json().encode(), None, datetime.now(UTC))
    doors.database.requests.rows[state.request_id] = row
    return str(state.request_id)


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    name: str = told["type"].removeprefix("/problems/")
    return name


def test_a_submission_is_kept_under_the_callers_own_name() -> None:
    doors = Doors()
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), json=SUBMISSION)
    assert answer.status_code == 201
    (row,) = doors.outbox
    envelope = row.message.envelope
    assert (row.message.topic, envelope.source) == ("pishkhan.intake.gas", "/agencies/gas")
    assert envelope.type == "ir.pishkhan.RequestSubmitted.v1"
    assert answer.json() == {"event_id": envelope.id, "state": "accepted", "request_id": envelope.subject}
    assert answer.headers["location"] == f"/v1/events/{envelope.id}"
    assert "server" not in answer.headers
    assert orjson.loads(row.message.body) == {**SUBMISSION, "request_id": envelope.subject}


def test_the_same_again_is_answered_and_kept_once() -> None:
    doors = Doors()
    token = doors.key(GAS)
    first = doors.ask("POST", "/v1/requests", token, json=SUBMISSION, headers=KEY)
    spelled = b' {"city":"bojnurd", "origin" : "agency","service":"gas.copy"}'
    headers = {"idempotency-key": '"case-1"', "content-type": "application/json; charset=UTF-8"}
    again = doors.ask("POST", "/v1/requests", token, content=spelled, headers=headers)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(doors.outbox) == doors.heard.claims == 1


def test_the_same_again_is_answered_with_what_became_of_it() -> None:
    doors = Doors()
    token = doors.key(GAS)
    event_id = doors.ask("POST", "/v1/requests", token, json=SUBMISSION, headers=KEY).json()["event_id"]
    doors.decided[event_id] = SetAside("malformed", "data.form", "is too long")
    again = doors.ask("POST", "/v1/requests", token, json=SUBMISSION, headers=KEY).json()
    assert (again["event_id"], again["outcome"], again["field"]) == (event_id, "set_aside", "data.form")


def test_something_else_under_one_key_is_refused_and_another_partys_key_is_its_own() -> None:
    doors = Doors()
    token = doors.key(GAS)
    doors.ask("POST", "/v1/requests", token, json=SUBMISSION, headers=KEY)
    other = doors.ask("POST", "/v1/requests", token, json={**SUBMISSION, "city": "shirvan"}, headers=KEY)
    assert (other.status_code, problem(other)) == (422, "idempotency_key_reused")
    water = doors.ask("POST", "/v1/requests", doors.key(WATER), json=SUBMISSION, headers=KEY)
    assert water.status_code == 201
    assert len(doors.outbox) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 201, '"', '"a"b"', "a\\b"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    doors = Doors()
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), json=SUBMISSION, headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "malformed_request")
    assert doors.outbox == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**SUBMISSION, "city": "No City"}, "/city"),
        ({**SUBMISSION, "form": {"a": 1.5}}, "/form/a"),
        ({**SUBMISSION, "extra": 1}, "/extra"),
        ({"service": "gas.copy", "origin": "agency"}, "/city"),
        ({**SUBMISSION, "request_id": "17"}, "/request_id"),
    ],
)
def test_a_field_that_does_not_hold_is_pointed_to_without_its_value(body: dict[str, object], field: str) -> None:
    doors = Doors()
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), json=body)
    assert (answer.status_code, problem(answer), answer.json()["field"]) == (422, "claim_invalid", field)
    assert "No City" not in answer.text
    assert doors.outbox == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'{"a":NaN}', b"[" * 5_000])
def test_what_is_no_object_of_json_cannot_be_read(body: bytes) -> None:
    doors = Doors()
    headers = {"content-type": "application/json"}
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), content=body, headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "malformed_request")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {},
    ],
)
def test_another_form_than_plain_json_is_not_taken(headers: dict[str, str]) -> None:
    doors = Doors()
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), content=b"{}", headers=headers)
    assert (answer.status_code, problem(answer)) == (415, "unsupported_media")


def path_of(act: Act, request_id: str) -> str:
    values = {About.REQUEST: request_id, About.WINDOW: "7", About.FINE: request_id}
    return act.path if act.about is None else act.path.replace(f"{{{act.about}}}", values.get(act.about, "gas.copy"))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.speaker}-{act.name}")
def test_the_forger_says_nothing(act: Act) -> None:
    """Every act with no key, a false one, a revoked one, another kind of party's, and one without its scope."""
    doors = Doors()
    path = path_of(act, known_request(doors))
    party = PARTIES[act.speaker]
    good, revoked = doors.key(party), doors.key(party)
    doors.revoke(revoked)
    for token in (None, "pk_x", revoked, good[:-1] + ("A" if good[-1] != "A" else "B")):
        answer = doors.ask(act.method, path, token, json={})
        assert (answer.status_code, problem(answer)) == (401, "not_authenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    others = {other.speaker for other in ACTS if (other.method, other.path) == (act.method, act.path)}
    strangers = [PARTIES[kind] for kind in SpeakerKind if kind not in others]
    for stranger in (AUDITOR, Party(PartyKind.WORKING_GROUP, "working_group"), *strangers):
        answer = doors.ask(act.method, path, doors.key(stranger), json={})
        assert (answer.status_code, problem(answer)) == (403, "wrong_party")
    less = GRANTABLE[party.kind] - {act.scope}
    answer = doors.ask(act.method, path, doors.key(party, *less), json={})
    assert (answer.status_code, problem(answer)) == (403, "scope_missing")
    assert act.scope.value in answer.json()["detail"]
    assert doors.outbox == []


@pytest.mark.parametrize(
    "act", [act for act in ACTS if act.about is About.REQUEST], ids=lambda act: f"{act.speaker}-{act.name}"
)
def test_anothers_request_is_not_there(act: Act) -> None:
    doors = Doors()
    stranger = {SpeakerKind.AGENCY: WATER, SpeakerKind.OFFICE: OTHER_DESK, SpeakerKind.DIRECTORATE: DIRECTORATE}
    request_id = known_request(doors)
    if act.speaker is SpeakerKind.DIRECTORATE:
        request_id = "018f0000-0000-7000-8000-000000000000"
    body = _body(act)
    answer = doors.ask(act.method, path_of(act, request_id), doors.key(stranger[act.speaker]), json=body)
    assert (answer.status_code, problem(answer)) == (404, "not_found"), answer.text
    nothing = doors.ask(act.method, path_of(act, "17"), doors.key(stranger[act.speaker]), json=body)
    assert (nothing.status_code, nothing.content) == (404, answer.content)
    assert doors.outbox == []
    own = doors.ask(act.method, path_of(act, known_request(doors).upper()), doors.key(PARTIES[act.speaker]), json=body)
    assert own.status_code == 201, own.text
    assert doors.outbox[0].message.key == own.json()["request_id"] == known_request(doors)


_BODIES: dict[str, dict[str, object]] = {
    "cancel-request": {"reason": "no more needed"},
    "answer-request": {"answer": "approved"},
    "decline-request": {"reason": "no_capacity", "operator": "reza"},
    "collect-fee": {"amount_rial": 5, "method": "cash", "receipt_number": "1", "operator": "reza"},
    "return-fee": {"amount_rial": 5, "receipt_number": "1", "operator": "reza"},
    "refund-request": {"amount_rial": 5, "reason": "a mistake"},
    "open-dispute": {"reason": "a mistake"},
    "resolve-dispute": {"outcome": "settled"},
}


def _body(act: Act) -> dict[str, object]:
    return _BODIES.get(act.name, {"operator": "reza"})


def test_a_source_cannot_be_named_and_an_operators_key_names_nobody_else() -> None:
    doors = Doors()
    path = f"/v1/requests/{known_request(doors)}/accept"
    personal = doors.key(DESK, operator="reza")
    assert doors.ask("POST", path, personal).status_code == 201
    assert orjson.loads(doors.outbox[0].message.body)["operator"] == "reza"
    other = doors.ask("POST", path, personal, json={"operator": "sara"})
    assert (other.status_code, other.json()["field"]) == (422, "/operator")
    named = doors.ask("POST", path, doors.key(DESK), json={"operator": "sara", "source": "/offices/office-2"})
    assert (named.status_code, named.json()["field"]) == (422, "/source")
    assert len(doors.outbox) == 1


def test_a_walk_in_is_the_callers_desks() -> None:
    doors = Doors()
    body = {"service": "gas.copy", "city": "bojnurd"}
    assert doors.ask("POST", "/v1/walk-ins", doors.key(DESK), json=body).status_code == 201
    said = orjson.loads(doors.outbox[0].message.body)
    assert (said["office"], said["origin"]) == ("office-1", "walk_in")
    forged = doors.ask("POST", "/v1/walk-ins", doors.key(DESK), json={**body, "office": "office-2"})
    assert (forged.status_code, forged.json()["field"]) == (422, "/office")


def test_who_waits_is_told_of_the_decision() -> None:
    doors = Doors()
    token = doors.key(GAS)

    async def story() -> httpx.Response:
        serving = asyncio.create_task(doors.hub.run())
        async with doors.client(token) as client:
            headers = {"prefer": "respond-async, wait=20"}
            call = asyncio.create_task(client.post("/v1/requests", json=SUBMISSION, headers=headers))
            while not doors.outbox:
                await asyncio.sleep(0)
            envelope = doors.outbox[0].message.envelope
            refused = ClaimRefused(
                request_id=UUID(envelope.subject),
                claim_source=envelope.source,
                claim_id=envelope.id,
                claim_type=envelope.type,
                reason=ClaimRefusal.NOT_THE_AGENCY,
                detail="not yours",
            )
            doors.decided[envelope.id] = Decided((refused,))
            doors.hub.notify()
            answer = await call
        serving.cancel()
        return answer

    answer = asyncio.run(story())
    told = answer.json()
    assert (answer.status_code, told["state"], told["outcome"]) == (201, "accepted", "refused")
    assert told["events"][0]["data"]["reason"] == "not_the_agency"
    assert answer.headers["preference-applied"] == "wait=20"


def test_who_waits_in_vain_is_told_what_is_known() -> None:
    doors = Doors()
    token = doors.key(GAS)

    async def story() -> tuple[httpx.Response, httpx.Response]:
        serving = asyncio.create_task(doors.hub.run())
        async with doors.client(token) as client:
            headers = {"prefer": "wait=0"}
            nothing = await client.post("/v1/requests", json=SUBMISSION, headers=headers)
            event_id = nothing.json()["event_id"]
            doors.decided[event_id] = Held("registry", "the service is not known yet", None)
            found = await client.get(f"/v1/events/{event_id}")
        serving.cancel()
        return nothing, found

    nothing, found = asyncio.run(story())
    assert "outcome" not in nothing.json()
    assert (found.json()["outcome"], found.json()["reason"]) == ("waits", "registry")


def test_an_outcome_is_told_to_its_speaker_alone() -> None:
    doors = Doors()
    event_id = doors.ask("POST", "/v1/requests", doors.key(GAS), json=SUBMISSION).json()["event_id"]
    own = doors.ask("GET", f"/v1/events/{event_id}", doors.key(GAS))
    assert (own.status_code, own.json()["outcome"]) == (200, "undecided")
    for stranger in (WATER, DESK, AUDITOR):
        answer = doors.ask("GET", f"/v1/events/{event_id}", doors.key(stranger))
        assert (answer.status_code, problem(answer)) == (404, "not_found")


def test_it_says_so_when_what_is_kept_cannot_leave() -> None:
    since = datetime(2026, 11, 25, 8, tzinfo=UTC)
    doors = Doors(delivery=Delivery(3, Delay.BROKER_AWAY, since))
    answer = doors.ask("POST", "/v1/requests", doors.key(GAS), json=SUBMISSION)
    assert answer.status_code == 201
    assert answer.json()["delivery"] == {"state": "kept", "cause": "broker away", "since": since.isoformat()}


def test_paths_that_are_none_of_ours_are_problems_too() -> None:
    doors = Doors()
    missing = doors.ask("GET", "/v1/nothing", doors.key(GAS))
    assert (missing.status_code, problem(missing)) == (404, "not_found")
    slash = doors.ask("POST", "/v1/requests/", doors.key(GAS), json=SUBMISSION)
    assert (slash.status_code, problem(slash)) == (404, "not_found")
    method = doors.ask("DELETE", "/v1/requests", doors.key(GAS))
    assert (method.status_code, problem(method), method.headers["allow"]) == (405, "method_not_allowed", "POST")


def test_health_needs_no_key_and_says_what_is_waited_for() -> None:
    doors = Doors()
    assert doors.ask("GET", "/healthz").json() == {"alive": True}
    assert doors.ask("GET", "/readyz").json() == {"ready": True, "cause": None}
    doors.ready = "database_unavailable"
    away = doors.ask("GET", "/readyz")
    assert (away.status_code, away.json()["cause"]) == (503, "database_unavailable")


def test_keys_that_nobody_can_judge_are_not_called_false() -> None:
    doors = Doors()
    token = doors.key(GAS)
    doors.keyring.learn([], -1_000.0)
    answer = doors.ask("POST", "/v1/requests", token, json=SUBMISSION)
    assert (answer.status_code, problem(answer)) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"


def test_scopes_are_those_of_the_table() -> None:
    assert {act.scope for act in ACTS} <= set(Scope)
