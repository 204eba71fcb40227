"""Reads over HTTP: who may look, how a query is read, and what another's thing looks like."""

from datetime import datetime
from typing import Any

import pytest

from connectors.http.looking import read_doors
from connectors.reads.asking import NotThere, Question
from connectors.reads.table import READS, Read
from consumers.runner.errors import DatabaseUnavailable
from producers.access.parties import Party, PartyKind, Scope, only_party
from tests.kit.values.builders import MOMENT
from tests.kit.values.doors import AUDITOR, DESK, DIRECTORATE, GAS, Doors

REQUEST = "0197a1b2-0000-7000-8000-000000000001"
PARTIES = {one.kind: one for one in (GAS, DESK, DIRECTORATE, AUDITOR, only_party(PartyKind.WORKING_GROUP))}
VALUES = {"request_id": REQUEST, "account": "directorate", "office": "office-1", "service": "a.b", "agreement": "m-1"}
#: Queries that must be there.
NEEDED = {"show-statement": "?window=1"}


class Shown:
    """What was asked for; everything is there, but for what a test says."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.asked: list[tuple[str, Question]] = []
        self.problem = problem
        self.doors = Doors(more=lambda rooms: read_doors(rooms, READS, self.show, lambda: MOMENT))

    async def show(self, read: Read, asked: Question) -> dict[str, Any]:
        self.asked.append((read.name, asked))
        if self.problem is not None:
            raise self.problem
        return {"read": read.name, "at": asked.now}


def path_of(read: Read) -> str:
    return read.path.format(**VALUES) + NEEDED.get(read.name, "")


@pytest.mark.parametrize("read", READS, ids=lambda read: read.name)
def test_every_read_is_there_for_its_parties_and_for_no_other(read: Read) -> None:
    shown = Shown()
    for kind, party in PARTIES.items():
        answer = shown.doors.ask("GET", path_of(read), shown.doors.key(party))
        if kind in read.parties:
            assert (answer.status_code, answer.json()["read"]) == (200, read.name)
            assert datetime.fromisoformat(answer.json()["at"]) == MOMENT
            assert answer.headers["cache-control"] == "no-store"
        else:
            assert answer.json()["type"] == "/problems/wrong_party"
    assert [(name, asked.party.kind) for name, asked in shown.asked] == [
        (read.name, kind) for kind in PARTIES if kind in read.parties
    ]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.name)
def test_nobody_looks_without_a_key_or_with_one_that_may_not(read: Read) -> None:
    shown = Shown()
    party = PARTIES[read.parties[0]]
    revoked = shown.doors.key(party)
    shown.doors.revoke(revoked)
    for token in (None, revoked, "pk_nonsense"):
        assert shown.doors.ask("GET", path_of(read), token).status_code == 401
    if party.kind is not PartyKind.AUDITOR:
        other = next(scope for scope in (Scope.FEED, Scope.KEYS) if scope is not read.scope)
        answer = shown.doors.ask("GET", path_of(read), shown.doors.key(party, other))
        assert answer.json()["type"] == "/problems/scope_missing"
    assert shown.asked == []


def test_a_query_reaches_the_use_case_as_values() -> None:
    shown = Shown()
    answer = shown.doors.ask("GET", "/v1/requests?state=routed&limit=7&late=true", shown.doors.key(GAS))
    assert answer.status_code == 200
    [(_, asked)] = shown.asked
    assert asked.query == {"state": "routed", "limit": 7, "late": True}
    assert asked.party == GAS


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "limit=0",
        "limit=1&limit=2",
        "unheard=of",
        "after=1",
        "state",
        "state=%FF",
        "&".join(f"a{number}=1" for number in range(30)),
        "opened_from=2026-13-01",
        "state=routed';DROP%20TABLE%20request",
    ],
)
def test_a_query_that_cannot_be_read_is_a_problem_that_repeats_no_value(query: str) -> None:
    shown = Shown()
    answer = shown.doors.ask("GET", f"/v1/requests?{query}", shown.doors.key(GAS))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed_request")
    assert "DROP" not in answer.text
    assert shown.asked == []


def test_a_window_must_be_said() -> None:
    shown = Shown()
    answer = shown.doors.ask("GET", "/v1/ledger/statements/directorate", shown.doors.key(DIRECTORATE))
    assert answer.status_code == 400
    assert "window" in answer.json()["detail"]


def test_what_is_not_there_and_what_is_anothers_look_alike() -> None:
    shown = Shown(NotThere())
    token = shown.doors.key(Party(PartyKind.AGENCY, "water"))
    first = shown.doors.ask("GET", f"/v1/requests/{REQUEST}", token)
    second = shown.doors.ask("GET", "/v1/requests/nonsense", token)
    assert first.status_code == second.status_code == 404
    assert first.content == second.content


def test_a_database_that_is_away_is_told_so() -> None:
    shown = Shown(DatabaseUnavailable("down"))
    answer = shown.doors.ask("GET", "/v1/cities", shown.doors.key(GAS))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert "retry-after" in answer.headers


def test_what_is_written_and_what_is_read_share_a_path() -> None:
    shown = Shown()
    token = shown.doors.key(GAS)
    body = {"service": "gas.copy", "origin": "agency", "city": "bojnurd"}
    assert shown.doors.ask("POST", "/v1/requests", token, json=body).status_code == 201
    assert shown.doors.ask("GET", "/v1/requests", token).status_code == 200
    assert shown.doors.ask("DELETE", "/v1/requests", token).status_code == 405
