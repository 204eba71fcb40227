"""Both sides played from the terminal, with the requests consumer behind the outbox and no broker between."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from connectors.database.publication.outbox import outbox_opener
from connectors.database.requests.answers import SqlAnswers
from connectors.ids import new_id
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.inbox import WaitingClaim
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Misused, Problem
from producers.claims import ClaimInvalid
from producers.conversation import Answered, Conversation, Unanswered, Waits
from producers.publisher import Publisher
from schemas.intake_office import RequestAccepted
from schemas.log_requests import OfficeAccepted
from tests.kit.on_sql.courier import Courier
from tests.kit.on_sql.requests import submission
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.builders import AGENCY, SERVICE


def pishkhan(arguments: Sequence[str]) -> Result:
    """Run one command."""
    return CliRunner().invoke(build(arguments[0]), list(arguments), catch_exceptions=False)


def office(*arguments: str) -> Result:
    """Run a command of the office."""
    return pishkhan(["office", "office-1", *arguments])


def agency(*arguments: str) -> Result:
    """Run a command of the agency."""
    return pishkhan(["agency", AGENCY, *arguments])


def submitted() -> str:
    """Submit a request and return its id."""
    result = agency("submit", SERVICE, "--city", "bojnord")
    assert result.exit_code == 0, result.output
    opened, routed = result.output.splitlines()
    assert routed.startswith("routed to office office-1, which must accept by 20")
    told = re.fullmatch(r"request (\S+) is opened; the citizen's tracking code: ([2-9FKMRTWXY-]{19})", opened)
    assert told is not None, opened
    return str(UUID(told[1]))


def test_a_request_is_served_from_the_terminal(courier: Courier) -> None:
    request_id = submitted()
    assert "collect 30,000 rial (3,000 toman)" in office("accept", request_id).output
    shown = office("inbox", "--once").output
    assert "accepted" in shown
    assert "30,000 rial" in shown
    assert (
        "collected 30,000 rial (3,000 toman), receipt R-7" in office("collect", request_id, "--receipt", "R-7").output
    )
    assert office("start", request_id).output == "work began\n"
    assert office("await", request_id, "--question", "is the deed valid?").output == "the agency is asked\n"
    more = agency("answer", request_id, "more", "--document", "a certified deed")
    assert "wanted: a certified deed" in more.output
    office("await", request_id)
    assert agency("answer", request_id, "approved").exit_code == 0
    assert office("deliver", request_id).output == "the citizen is served\nthe request is complete\n"
    assert courier.bus.state(UUID(request_id)).stage is RequestStage.COMPLETED
    assert "· 0" in office("inbox", "--once").output


@pytest.mark.parametrize(("code", "near"), [("ofice-1", "office-1"), ("nosuch", "office-1")])
def test_the_inbox_of_an_office_that_is_not_there_is_no_empty_one(courier: Courier, code: str, near: str) -> None:
    with pytest.raises(Problem, match=f"No office is called {code}; offices are called .*{near}"):
        pishkhan(["office", code, "inbox", "--once"])


def test_it_speaks_persian(courier: Courier) -> None:
    request_id = submitted()
    assert "دریافت کنید: ۳۰٬۰۰۰ ریال (سه هزار تومان)" in office("accept", request_id, "--lang", "fa").output
    shown = office("inbox", "--once", "--lang", "fa").output
    assert "کارتابل دفتر office-1" in shown
    assert "پذیرفته شده" in shown


def test_a_refusal_is_told_in_words_with_a_code_of_its_own(courier: Courier) -> None:
    request_id = submitted()
    result = office("decline", request_id, "--reason", "no_capacity")
    assert result.exit_code == 0
    assert "a person at the directorate must find an office" in result.output
    late = office("accept", request_id)
    assert late.exit_code == ExitCode.REFUSED
    assert "not accepted (not_the_office)" in late.output
    nowhere = agency("submit", SERVICE, "--city", "atlantis")
    assert nowhere.exit_code == ExitCode.REFUSED
    assert "refused (unknown_place)" in nowhere.output


def test_what_is_cancelled_after_payment_is_due_back(courier: Courier) -> None:
    request_id = submitted()
    office("accept", request_id)
    office("collect", request_id)
    assert "give back 30,000 rial (3,000 toman)" in agency("cancel", request_id, "--reason", "no longer wanted").output
    short = request_id[:13]
    shown = office("inbox", "--once").output
    assert "· 0" in shown, "nothing is left to do"
    assert "to give back to citizens: 30,000 rial (3,000 toman)" in shown
    assert f"{short}  {SERVICE}  cancelled  30,000 rial" in shown
    assert f"pishkhan office office-1 return {short} --amount 30000" in shown
    part = office("return", short, "--amount", "10000").output
    assert "returned 10,000 rial" in part
    assert f"still to give back: 20,000 rial (2,000 toman); pishkhan office office-1 return {request_id}" in part
    assert f"return {short} --amount 20000" in office("inbox", "--once").output
    assert "returned 20,000 rial" in office("return", short).output, "the rest, when no amount is given"
    assert "to give back" not in office("inbox", "--once").output
    with pytest.raises(Problem, match="Nothing is owed to the citizen"):
        office("return", short)


def test_cash_that_was_taken_after_the_agency_cancelled_is_recorded_and_owed_back(courier: Courier) -> None:
    request_id, other = submitted(), submitted()
    office("accept", request_id)
    agency("cancel", request_id, "--reason", "no longer wanted")
    told = office("collect", request_id, "--amount", "45000")
    assert told.exit_code == 0
    assert "the request had ended: 45,000 rial (4,500 toman) are recorded and owed back to the citizen" in told.output
    assert f"return {request_id[:13]} --amount 45000" in office("inbox", "--once").output
    barred = office("accept", other)
    assert barred.exit_code == ExitCode.REFUSED
    assert "45000 rial that were taken after requests had ended are still to be given back" in barred.output
    assert "returned 45,000 rial" in office("return", request_id).output
    assert "to give back" not in office("inbox", "--once").output


def test_who_accepts_is_told_the_tracking_code_and_sees_it_in_the_inbox(courier: Courier) -> None:
    request_id = submitted()
    code = courier.bus.state(UUID(request_id)).tracking_code
    assert code is not None
    assert f"the citizen's tracking code: {code}" in office("accept", request_id).output
    assert code in office("inbox", "--once").output


def test_a_step_that_is_said_too_early_is_refused_with_the_command_to_use_first(courier: Courier) -> None:
    request_id = submitted()
    first = ""
    for command in ("start", "await", "deliver", "return"):
        result = office(command, request_id, *(("--amount", "30000") if command == "return" else ()))
        assert result.exit_code == ExitCode.REFUSED, command
        assert "not accepted (too_early): said too early; " in result.output
        first = result.output if command == "start" else first
    assert first.rstrip().endswith(f"accept the request first: pishkhan office office-1 accept {request_id}")
    with pytest.raises(Problem, match=f"accept it first: pishkhan office office-1 accept {request_id}"):
        office("collect", request_id)
    assert office("collect", request_id, "--amount", "30000").exit_code == ExitCode.REFUSED
    office("accept", request_id)
    assert f"collect the fee first: pishkhan office office-1 collect {request_id}" in office("start", request_id).output
    office("collect", request_id)
    assert f"begin the work first: pishkhan office office-1 start {request_id}" in office("deliver", request_id).output
    office("start", request_id)
    refused = office("deliver", request_id)
    assert refused.exit_code == ExitCode.REFUSED
    assert f"ask the agency first: pishkhan office office-1 await {request_id}" in refused.output
    assert courier.bus.state(UUID(request_id)).stage is RequestStage.STARTED
    assert courier.bus.parked() == []


def asked() -> str:
    """Let the office come so far that the agency has to answer, and return the request's id."""
    request_id = submitted()
    for command in ("accept", "collect", "start", "await"):
        assert office(command, request_id).exit_code == 0
    return request_id


def test_what_waits_for_another_party_says_so_is_in_the_inbox_and_can_be_taken_back(courier: Courier) -> None:
    request_id = asked()
    waits = office("deliver", request_id)
    assert waits.exit_code == ExitCode.WAITS
    assert re.search(r"it waits for the agency, until 20\d\d-\d\d-\d\d \d\d:\d\d at most", waits.output)
    take_back = waits.output.splitlines()[1]
    assert take_back.startswith("take it back with: pishkhan office office-1 withdraw-claim ")
    claim_id = take_back.rpartition(" ")[2]
    shown = office("inbox", "--once").output
    assert "said, and waits · 1" in shown
    assert "the agency" in shown
    assert claim_id[:13] in shown
    assert "دستگاه" in office("inbox", "--once", "--lang", "fa").output
    with pytest.raises(Problem, match="shows what waits"):
        pishkhan(["office", "office-2", "withdraw-claim", claim_id])
    taken = office("withdraw-claim", claim_id[:13])
    assert (taken.exit_code, taken.output) == (0, f"taken back: {claim_id}\n")
    assert "said, and waits" not in office("inbox", "--once").output
    with pytest.raises(Problem, match="it was decided on, or was never said"):
        office("withdraw-claim", claim_id)
    agency("answer", request_id, "approved")
    assert courier.bus.state(UUID(request_id)).stage is RequestStage.STARTED


def test_what_an_agency_says_too_early_waits_in_its_list_and_can_be_taken_back(courier: Courier) -> None:
    request_id = submitted()
    waits = agency("answer", request_id, "approved")
    assert waits.exit_code == ExitCode.WAITS
    assert "it waits for the office, until " in waits.output
    assert f"pishkhan agency {AGENCY} withdraw-claim " in waits.output
    assert "the office" in agency("waiting").output
    claim_id = waits.output.splitlines()[1].rpartition(" ")[2]
    assert agency("withdraw-claim", claim_id, "--lang", "fa").output == f"پس گرفته شد: {claim_id}\n"
    assert "· 0" in agency("waiting").output
    assert courier.bus.parked() == []


def test_a_claim_with_an_id_of_its_own_is_said_once_and_answered_again(courier: Courier) -> None:
    request_id, engine = UUID(submitted()), courier.bus.engine
    publisher = Publisher(outbox_opener(engine), lambda: datetime.now(UTC), new_id)
    conversation = Conversation(publisher, SqlAnswers(engine.connect))

    def accept(operator: str) -> Answered | Waits[WaitingClaim] | Unanswered:
        claim = RequestAccepted(request_id=request_id, operator=operator)
        source, agencies = "/offices/office-1", ()
        return conversation.say(source, claim, request_id, agencies=agencies, wait_seconds=10.0, event_id="key-1")

    first, again = accept("operator-1"), accept("operator-1")
    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert first.events == again.events
    assert not first.refused
    with pytest.raises(ClaimInvalid, match="another event"):
        accept("operator-2")
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox WHERE event_id = 'key-1'")).scalar_one() == 1


@pytest.mark.usefixtures("owner")
def test_without_a_consumer_the_claim_is_kept(migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    result = agency("submit", SERVICE, "--city", "bojnord", "--wait", "0")
    assert result.exit_code == ExitCode.UNANSWERED
    assert "kept in the outbox, in their order: no relay is at work" in result.output


def test_an_agency_without_a_topic_is_told_at_once_and_nothing_is_kept(courier: Courier, owner: Engine) -> None:
    with pytest.raises(Problem) as told:
        pishkhan(["agency", "nosuch", "submit", SERVICE, "--city", "bojnord"])
    assert str(told.value) == f"source: no agency is called nosuch; known are {AGENCY}"
    with owner.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 0


def test_the_inbox_shows_ids_short_and_the_commands_take_them_so(courier: Courier) -> None:
    request_id = submitted()
    short = request_id[:13]
    assert f"{short} " in office("inbox", "--once").output
    assert request_id not in office("inbox", "--once").output
    assert "collect 30,000 rial" in office("accept", short).output
    assert "collected 30,000 rial" in office("collect", short.upper()).output
    assert "ended (cancelled)" in agency("cancel", short, "--reason", "no longer wanted").output


def test_a_beginning_must_be_of_one_request_of_whoever_types_it(courier: Courier) -> None:
    asked = [submission(UUID(f"019ab3c4-5d6e-7f8{number}-9a1b-2c3d4e5f6071")) for number in range(7)]
    courier.bus.say(f"/agencies/{AGENCY}", *asked)
    with pytest.raises(Problem, match=r"Several requests begin with 019ab3c4: .*7f84-.* and more. Type more of the id"):
        agency("cancel", "019ab3c4", "--reason", "no longer wanted")
    with pytest.raises(Problem, match="No request of office office-2 begins with 019ab3c4"):
        pishkhan(["office", "office-2", "accept", "019ab3c4"])
    assert "collect" in office("accept", "019ab3c4-5d6e-7f86").output
    with pytest.raises(Problem, match="Several requests begin with 019ab3c4"):
        pishkhan(["explain", "019ab3c4"])


def test_a_walk_in_is_submitted_at_the_desk_and_shown_with_what_its_work_needs(courier: Courier) -> None:
    result = office("submit", SERVICE)
    assert result.exit_code == 0, result.output
    request_id = result.output.split()[1]
    assert courier.bus.state(UUID(request_id)).asked().by_office == "office-1"
    shown = office("show", request_id[:13]).output
    assert "fee, once you accept:" in shown
    assert "collect 30,000 rial (3,000 toman)" in shown
    assert f"pishkhan office office-1 accept {request_id[:13]}" in shown
    assert "30,000 rial" in office("inbox", "--once").output, "the fee is known before it is accepted"
    with pytest.raises(Problem, match="is not with office office-2"):
        pishkhan(["office", "office-2", "show", request_id])


def test_an_operator_is_one_of_the_office(courier: Courier, owner: Engine) -> None:
    request_id = submitted()
    with owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE registry_version SET body = jsonb_set(body, '{office,operators}', '[\"zahra\", \"reza\"]') "
                "WHERE kind = 'office'"
            )
        )
    with pytest.raises(Misused, match="operator nobody is none of office office-1; its operators are zahra, reza"):
        office("accept", request_id, "--operator", "nobody")
    assert "collect" in office("accept", request_id).output
    log = courier.bus.log(UUID(request_id))
    assert [one.event.operator for one in log if isinstance(one.event, OfficeAccepted)] == ["zahra"]
