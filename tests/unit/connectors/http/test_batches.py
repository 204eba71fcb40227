"""Batches: a result for each line, in order, and what holds is kept whatever the others are."""

import orjson

from connectors.http.limits import HttpLimits
from producers.access.parties import Scope
from tests.kit.values.doors import AUDITOR, GAS, Doors

NDJSON = {"content-type": "application/x-ndjson"}
DATA = {"service": "gas.copy", "origin": "agency", "city": "bojnurd"}


def line(line_id: str, act: str = "submit-request", **data: object) -> bytes:
    return orjson.dumps({"id": line_id, "act": act, "data": {**DATA, **data} if act == "submit-request" else data})


def sent(doors: Doors, token: str, *lines: bytes) -> list[dict[str, object]]:
    answer = doors.ask("POST", "/v1/batch", token, content=b"\n".join(lines), headers=NDJSON)
    assert (answer.status_code, answer.headers["content-type"]) == (200, NDJSON["content-type"])
    return [orjson.loads(one) for one in answer.content.splitlines()]


def test_every_line_has_its_result_and_what_holds_is_kept() -> None:
    doors = Doors()
    results = sent(
        doors,
        doors.key(GAS),
        line("a"),
        line("b", city="No City"),
        b"{",
        line("c", "license-office"),
        orjson.dumps({"id": "d", "act": "submit-request"}),
        orjson.dumps({"id": "e f", "act": "submit-request", "data": DATA}),
        b"",
        line("g", "cancel-request", request_id="018f0000-0000-7000-8000-000000000001", reason="no more needed"),
    )
    assert [(one["id"], one["status"]) for one in results] == [
        ("a", 201),
        ("b", 422),
        (None, 400),
        ("c", 403),
        (None, 400),
        (None, 400),
        ("g", 201),
    ]
    assert results[1]["field"] == "/data/city"
    assert [row.message.envelope.type.split(".")[2] for row in doors.outbox] == ["RequestSubmitted", "RequestCancelled"]


def test_the_same_lines_again_are_kept_once() -> None:
    doors = Doors()
    token = doors.key(GAS)
    lines = [line(f"n-{number}") for number in range(1_200)]
    first = sent(doors, token, *lines)
    again = sent(doors, token, *lines)
    assert [one["event_id"] for one in again] == [one["event_id"] for one in first]
    assert all(one["replayed"] for one in again)
    assert len(doors.outbox) == 1_200
    assert sent(doors, token, line("n-7", city="shirvan"))[0]["type"] == "/problems/idempotency_key_reused"


def test_one_id_twice_in_a_batch_is_kept_once() -> None:
    doors = Doors()
    results = sent(doors, doors.key(GAS), line("a"), line("a"))
    assert [one["status"] for one in results] == [201, 409]
    assert len(doors.outbox) == 1


def test_a_line_is_an_idempotency_key_of_its_own() -> None:
    doors = Doors()
    token = doors.key(GAS)
    single = doors.ask("POST", "/v1/requests", token, json=DATA, headers={"idempotency-key": "a"}).json()
    assert sent(doors, token, line("a"))[0]["event_id"] == single["event_id"]


def test_too_much_at_once_is_refused_whole() -> None:
    doors = Doors(limits=HttpLimits(batch_lines=3, batch_bytes=2_000, body_bytes=300))
    token = doors.key(GAS)
    many = doors.ask("POST", "/v1/batch", token, content=b"\n".join([line("a")] * 4), headers=NDJSON)
    large = doors.ask("POST", "/v1/batch", token, content=b" " * 2_001, headers=NDJSON)
    assert (many.status_code, large.status_code) == (413, 413)
    assert doors.outbox == []
    long = sent(doors, token, line("a", form={"note": "x" * 300}), line("b"))
    assert [one["status"] for one in long] == [413, 201]


def test_a_line_needs_the_scope_of_its_act() -> None:
    doors = Doors()
    assert [one["status"] for one in sent(doors, doors.key(GAS, Scope.READ), line("a"))] == [403]
    assert [one["status"] for one in sent(doors, doors.key(AUDITOR), line("a"))] == [403]
    assert doors.ask("POST", "/v1/batch", None, content=line("a"), headers=NDJSON).status_code == 401
    assert doors.ask("POST", "/v1/batch", doors.key(GAS), json={}).status_code == 415
