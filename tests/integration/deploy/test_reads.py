"""Reads for machines over a real database: each party sees its own, and nothing of another's."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from connectors.reads.asking import NotThere, Question, Reads, query_of
from connectors.reads.table import READS
from deploy.cli import build
from deploy.settings import load_settings
from deploy.use_cases import Bus
from producers.access.parties import Party, PartyKind, only_party
from tests.kit.on_sql.courier import Courier
from tests.kit.values.builders import AGENCY, SERVICE

pytestmark = pytest.mark.integration
OWNER, DESK = Party(PartyKind.AGENCY, AGENCY), Party(PartyKind.OFFICE, "office-1")
OTHERS = (Party(PartyKind.AGENCY, "gas"), Party(PartyKind.OFFICE, "office-2"))
WATCHERS = tuple(map(only_party, (PartyKind.DIRECTORATE, PartyKind.WORKING_GROUP, PartyKind.AUDITOR)))
BY_NAME = {read.name: read for read in READS}
Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(courier: Courier) -> Iterator[Look]:
    """Look at something as a party; what is shown is as JSON has it."""
    with Bus(load_settings(None), "tests") as bus:

        def looked(name: str, party: Party, query: dict[str, str] | None = None, **named: str) -> dict[str, Any]:
            read = BY_NAME[name]
            assert party.kind in read.parties
            asked = Question(party, datetime.now(UTC), named, query_of(read.query, list((query or {}).items())))
            with bus.reading_calmly() if read.calm else bus.reading() as view:
                reads: Reads = view
                told: dict[str, Any] = orjson.loads(orjson.dumps(read.look(reads, asked)))
                return told

        yield looked


def submitted() -> str:
    words = ["agency", AGENCY, "submit", SERVICE, "--city", "bojnord"]
    told = CliRunner().invoke(build("agency"), words, catch_exceptions=False).output
    found = re.search(r"request (\S+) is opened", told)
    assert found is not None, told
    return found[1]


def office(*words: str) -> None:
    assert CliRunner().invoke(build("office"), ["office", "office-1", *words], catch_exceptions=False).exit_code == 0


def test_a_request_is_shown_to_its_parties_and_to_who_watches_all(look: Look) -> None:
    request = submitted()
    for party in (OWNER, DESK, *WATCHERS):
        told = look("show-request", party, request_id=request)
        assert (told["request_id"], told["state"], told["office"]) == (request, "routed", "office-1")
    assert "form" not in told
    assert "tracking_code" not in told
    for party in OTHERS:
        with pytest.raises(NotThere):
            look("show-request", party, request_id=request)
        with pytest.raises(NotThere):
            look("show-history", party, request_id=request)
    for party in (OWNER, DESK, *OTHERS, *WATCHERS):
        for unknown in (str(uuid4()), "no-id"):
            with pytest.raises(NotThere):
                look("show-request", party, request_id=unknown)


def test_a_tracking_code_is_the_agencys_and_from_acceptance_on_the_offices(look: Look) -> None:
    request = submitted()
    code = look("show-request", OWNER, request_id=request)["tracking_code"]
    assert re.fullmatch("[2-9FKMRTWXY-]{19}", code)
    assert "tracking_code" not in look("show-request", DESK, request_id=request)
    office("accept", request)
    accepted = look("show-request", DESK, request_id=request)
    assert accepted["tracking_code"] == code
    assert accepted["fee"]["stands"] is True
    assert accepted["fee"]["to_collect_rial"] == 30_000


def test_an_inbox_holds_what_is_at_the_desk_and_what_is_owed(look: Look) -> None:
    request = submitted()
    office("accept", request)
    office("collect", request)
    inbox = look("show-inbox", DESK)
    assert [one["request_id"] for one in inbox["at_desk"]] == [request]
    assert look("show-inbox", OTHERS[1]) == {"at_desk": [], "to_give_back": [], "owed_rial": 0, "waiting": []}
    words = ["agency", AGENCY, "cancel", request, "--reason", "no longer wanted"]
    assert CliRunner().invoke(build("agency"), words).exit_code == 0
    owed = look("show-inbox", DESK)
    assert ([one["request_id"] for one in owed["to_give_back"]], owed["owed_rial"]) == ([request], 30_000)


def test_what_waits_is_told_to_who_said_it(look: Look) -> None:
    request = submitted()
    words = ["directorate", "dispute", request, "--reason", "another's form", "--id", "dispute-1"]
    CliRunner().invoke(build("directorate"), words)
    directorate, auditor = WATCHERS[0], WATCHERS[2]
    for party in (directorate, auditor):
        assert [one["claim_id"] for one in look("list-waiting", party)["items"]] == ["dispute-1"]
    assert look("list-waiting", OWNER)["items"] == look("list-waiting", DESK)["items"] == []


def test_services_and_agreements_are_the_owners_or_everybodys_who_may_see_all(look: Look) -> None:
    for party in (OWNER, DESK, *WATCHERS):
        assert [one["service"]["code"] for one in look("list-services", party)["items"]] == [SERVICE]
        assert look("show-service", party, service=SERVICE)["versions"][0]["value"]["code"] == SERVICE
    assert look("list-services", OTHERS[0])["items"] == []
    with pytest.raises(NotThere):
        look("show-service", OTHERS[0], service=SERVICE)
    with pytest.raises(NotThere):
        look("show-service", OWNER, service="no.such")
    [agreement] = look("list-agreements", OWNER)["items"]
    assert look("list-agreements", OTHERS[0])["items"] == []
    code = agreement["code"]
    for party in (OWNER, *WATCHERS):
        assert look("show-agreement", party, agreement=code)["versions"][-1]["value"]["code"] == code
    with pytest.raises(NotThere):
        look("show-agreement", OTHERS[0], agreement=code)


def test_an_offices_money_and_people_are_its_own_business(look: Look) -> None:
    private = {"net_debit_cap_rial", "prepaid_rial", "operators", "expected_monthly_income_rial", "licence"}
    for party in (OWNER, DESK, *OTHERS):
        [shown] = look("list-offices", party)["items"]
        assert not private & shown.keys()
        assert shown["licensed"] is True
    assert private <= look("list-offices", WATCHERS[0])["items"][0].keys()
    assert SERVICE in look("show-office", DESK, office="office-1")["services"]
    with pytest.raises(NotThere):
        look("show-office", OTHERS[1], office="office-1")
    assert [one["office"] for one in look("list-income", DESK)["items"]] == ["office-1"]
    assert look("list-income", OTHERS[1])["items"] == []


def test_a_statement_is_its_holders(look: Look, owner: Engine) -> None:
    for party in (OTHERS[1], OWNER):
        with pytest.raises(NotThere):
            look("show-statement", party, {"window": "1"}, account="office:office-1")
    for account in ("directorate", "no-account", "office:office-1"):
        with pytest.raises(NotThere):
            look("show-statement", DESK, {"window": "1"}, account=account)


def test_history_is_what_the_partys_own_feed_says(look: Look, owner: Engine) -> None:
    request = submitted()
    add = text(
        "INSERT INTO feed_entry (feed, number, event_id, type, time, subject, topic, partition, position, data) "
        "VALUES (:feed, :number, 'e', 'ir.pishkhan.OfficeStarted.v1', now(), :subject, 't', 0, 0, '{}')"
    )
    with owner.begin() as connection:
        for feed, number, subject in (
            (f"agency:{AGENCY}", 1, request),
            (f"agency:{AGENCY}", 2, str(uuid4())),
            (f"agency:{AGENCY}", 3, request),
            ("office:office-1", 9, request),
            ("directorate", 77, request),
        ):
            connection.execute(add, {"feed": feed, "number": number, "subject": subject})
    numbers = [
        [one["number"] for one in look("show-history", party, request_id=request)["items"]]
        for party in (OWNER, DESK, *WATCHERS)
    ]
    assert numbers == [[1, 3], [9], [77], [77], [77]]


def test_a_request_is_explained_while_its_events_are_kept(look: Look, owner: Engine) -> None:
    request = submitted()
    told = text(
        "INSERT INTO feed_entry (feed, number, event_id, type, time, subject, topic, partition, position, data) "
        "SELECT 'directorate', sequence, event_id, type, time, key, topic, 0, 0, '{}' FROM outbox "
        "WHERE topic = 'pishkhan.log.requests' AND key = :request"
    )
    auditor = WATCHERS[2]
    assert look("show-explanation", auditor, request_id=request)["explanation"] is None, "nothing is told of it yet"
    with owner.begin() as connection:
        connection.execute(told, {"request": request})
    explained = look("show-explanation", auditor, request_id=request)["explanation"]
    assert explained["decisions"][0]["office"]["code"] == "office-1"
    assert explained["decisions"][0]["fate"] == "waiting"
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE key = :request AND sequence = 1"), {"request": request})
    gone = look("show-explanation", auditor, request_id=request)
    assert gone["explanation"] is None
    assert "pishkhan explain" in gone["why"]


def test_the_rest_answers_those_who_watch(look: Look) -> None:
    for party in WATCHERS:
        assert look("list-balances", party)["sum_rial"] == 0
        assert look("list-parked", party)["count"] == 0
        assert look("list-dead-letters", party) == {"items": [], "let_go": []}
        assert look("show-verdict", party) == {"last": None}
        assert look("list-agencies", party)["items"][0]["code"] == AGENCY
        assert look("list-requests", party, {"limit": "5", "late": "true"}) == {"items": [], "next": None}
    assert look("list-cities", OWNER)["items"][0].keys() >= {"code", "county", "names", "offices"}
