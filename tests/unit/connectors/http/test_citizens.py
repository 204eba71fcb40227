"""The doors for citizens: whose key it is, where a request is, and personal fields for those who may see them."""

from uuid import UUID

import pytest

from connectors.http.citizens import citizen_doors
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.track import Next, Tracked
from consumers.runner.errors import DatabaseUnavailable
from producers.access.parties import Caller, Scope
from producers.vault.numbers import PersonNumber
from producers.vault.ports import Fields, Sealed
from producers.vault.reveal import RevealRefusal
from tests.kit.values.builders import MOMENT
from tests.kit.values.doors import AUDITOR, DESK, DIRECTORATE, GAS, Doors
from tests.kit.values.persons import national_id
from tests.memory.vault import MemoryVault

REQUEST = "0197a1b2-0000-7000-8000-000000000001"
PERSONAL = f"/v1/requests/{REQUEST}/personal"
CODE = "2345-6789-FKMR-TWXY"


class Asked:
    """Answers as a test says, and remembers who asked."""

    def __init__(self, shown: Fields | RevealRefusal | Exception | None = None) -> None:
        self.shown: Fields | RevealRefusal | Exception = {"name": "سارا"} if shown is None else shown
        self.asked: list[tuple[Caller, UUID]] = []
        self.vault = MemoryVault()
        self.doors = Doors(more=lambda rooms: citizen_doors(rooms, self.track, self.reveal, self.seal))

    async def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        return self.vault.seal(request_id, source, number, fields)

    async def track(self, code: str) -> Tracked | None:
        if isinstance(self.shown, Exception):
            raise self.shown
        return Tracked(RequestStage.ROUTED, "a.b", "u-001", Next.OFFICE, MOMENT, None) if code == CODE else None

    async def reveal(self, caller: Caller, request_id: UUID) -> Fields | RevealRefusal:
        self.asked.append((caller, request_id))
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown


BODY = {"number": national_id(1), "fields": {"name": "سارا"}}


def test_who_submits_seals_first_and_honest_repeats_get_the_same() -> None:
    asked = Asked()
    key = asked.doors.key(GAS, Scope.SUBMIT)
    answer = asked.doors.ask("PUT", PERSONAL, key, json=BODY)
    assert answer.status_code == 200
    told = answer.json()
    assert UUID(told["citizen_ref"]).version == 4
    assert told["personal"]
    assert national_id(1) not in answer.text
    assert asked.doors.ask("PUT", PERSONAL, key, json=BODY).json() == told
    other = asked.doors.ask("PUT", PERSONAL, key, json=BODY | {"fields": {"name": "رضا"}})
    assert other.json()["type"] == "/problems/idempotency_key_reused"
    assert asked.doors.ask("PUT", PERSONAL, asked.doors.key(DESK, Scope.SUBMIT), json=BODY).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": national_id(1)[:-1] + "x"}, "/number"),
        ({"number": national_id(1)[:-1] + str((int(national_id(1)[-1]) + 1) % 10)}, "/number"),
        ({"number": 1234567890}, "/number"),
        ({}, "/number"),
        ({"number": national_id(1), "kind": "nobody"}, "/kind"),
        ({"number": national_id(1), "fields": []}, "/fields"),
    ],
)
def test_what_is_no_person_is_told_with_its_field_and_without_its_value(body: dict[str, object], field: str) -> None:
    asked = Asked()
    answer = asked.doors.ask("PUT", PERSONAL, asked.doors.key(GAS, Scope.SUBMIT), json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert str(body.get("number", "-----")) not in answer.text


def test_nobody_seals_without_the_right_to_submit_and_nothing_is_sealed_while_the_vault_is_away() -> None:
    asked = Asked()
    for party, scope in ((GAS, Scope.READ), (DIRECTORATE, Scope.GOVERN)):
        assert asked.doors.ask("PUT", PERSONAL, asked.doors.key(party, scope), json=BODY).status_code == 403
    assert asked.doors.ask("PUT", PERSONAL, None, json=BODY).status_code == 401
    asked.vault.away = True
    assert asked.doors.ask("PUT", PERSONAL, asked.doors.key(GAS, Scope.SUBMIT), json=BODY).status_code == 503


def test_a_key_is_told_what_it_is() -> None:
    asked = Asked()
    answer = asked.doors.ask("GET", "/v1/me", asked.doors.key(GAS, Scope.READ, Scope.FEED))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["party"], told["code"], told["scopes"], told["operator"]) == ("agency", "gas", ["feed", "read"], None)
    assert asked.doors.ask("GET", "/v1/me", None).status_code == 401


def test_whoever_has_a_code_learns_where_it_is_without_a_key() -> None:
    asked = Asked()
    answer = asked.doors.ask("GET", f"/v1/track/{CODE}", None)
    assert answer.json() == {
        "state": "routed",
        "service": "a.b",
        "office": "u-001",
        "next": "office",
        "until": "2026-11-23T06:00:00+00:00",
        "document_wanted": None,
    }
    assert asked.doors.ask("GET", "/v1/track/2345-6789-FKMR-TWX2", None).status_code == 404
    away = Asked(DatabaseUnavailable("away"))
    assert away.doors.ask("GET", f"/v1/track/{CODE}", None).status_code == 503


def test_whoever_guesses_codes_is_held_up() -> None:
    asked = Asked()
    answers = [asked.doors.ask("GET", f"/v1/track/{number}", None).status_code for number in range(100)]
    assert answers[0] == 404
    assert 429 in answers


@pytest.mark.parametrize("party", [GAS, DESK])
def test_who_may_see_personal_fields_sees_them(party: object) -> None:
    asked = Asked()
    assert party in (GAS, DESK)
    whose = GAS if party == GAS else DESK
    answer = asked.doors.ask("GET", PERSONAL, asked.doors.key(whose, Scope.REVEAL))
    assert answer.json() == {"request_id": REQUEST, "personal": {"name": "سارا"}}
    assert answer.headers["cache-control"] == "no-store"
    [(caller, request_id)] = asked.asked
    assert (caller.party, request_id) == (whose, UUID(REQUEST))


def test_nobody_else_gets_as_far_as_asking() -> None:
    asked = Asked()
    for party in (DIRECTORATE, AUDITOR):
        assert asked.doors.ask("GET", PERSONAL, asked.doors.key(party, Scope.READ)).status_code == 403
    assert (
        asked.doors.ask("GET", PERSONAL, asked.doors.key(GAS, Scope.READ)).json()["type"] == "/problems/scope_missing"
    )
    assert asked.doors.ask("GET", PERSONAL, None).status_code == 401
    key = asked.doors.key(GAS, Scope.REVEAL)
    assert asked.doors.ask("GET", "/v1/requests/42/personal", key).status_code == 404
    asked.doors.revoke(key)
    assert asked.doors.ask("GET", PERSONAL, key).status_code == 401
    assert asked.asked == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (RevealRefusal.NOT_YOURS, 404),
        (RevealRefusal.NOT_ACCEPTED, 404),
        (RevealRefusal.TOO_LATE, 404),
        (RevealRefusal.NOTHING_KEPT, 404),
        (RevealRefusal.TOO_MANY, 429),
        (RevealRefusal.VAULT_AWAY, 503),
        (DatabaseUnavailable("away"), 503),
    ],
    ids=str,
)
def test_what_is_not_shown_is_told_with_its_status(refusal: RevealRefusal | Exception, status: int) -> None:
    asked = Asked(refusal)
    answer = asked.doors.ask("GET", PERSONAL, asked.doors.key(GAS, Scope.REVEAL))
    assert answer.status_code == status
    assert "سارا" not in answer.text
