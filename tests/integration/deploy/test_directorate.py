"""The directorate's acts on money from the terminal, with the requests consumer behind the outbox."""

import re
from collections.abc import Sequence
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Problem
from tests.kit.on_sql.courier import Courier
from tests.kit.values.builders import AGENCY, SERVICE

pytestmark = pytest.mark.integration


def pishkhan(words: Sequence[str]) -> Result:
    return CliRunner().invoke(build(words[0]), list(words), catch_exceptions=False)


def directorate(*words: str) -> Result:
    return pishkhan(["directorate", *words])


def served() -> str:
    """Serve a request to its end and return its id."""
    told = pishkhan(["agency", AGENCY, "submit", SERVICE, "--city", "bojnord"]).output
    found = re.search(r"request (\S+) is opened", told)
    assert found is not None, told
    for step in ("accept", "collect", "start", "await"):
        assert pishkhan(["office", "office-1", step, found[1]]).exit_code == 0
    assert pishkhan(["agency", AGENCY, "answer", found[1], "approved"]).exit_code == 0
    assert pishkhan(["office", "office-1", "deliver", found[1]]).exit_code == 0
    return found[1]


@pytest.mark.usefixtures("courier")
def test_a_payment_counts_once_under_its_reference() -> None:
    words = ("pay", "office-1", "--amount", "1500000", "--reference", "bank-1", "--yes")
    first = directorate(*words)
    assert first.exit_code == ExitCode.DONE, first.output
    assert first.output.splitlines() == [
        "1,500,000 rial (150,000 toman)",
        "the payment of 1,500,000 rial (150,000 toman) by office office-1 under bank-1 is accepted",
    ]
    again = directorate(*words, "--lang", "fa")
    assert again.exit_code == ExitCode.REFUSED
    assert "یک میلیون و پانصد هزار" not in again.output, "toman in words: a hundred and fifty thousand"
    assert "صد و پنجاه هزار تومان" in again.output
    assert "already_paid" in again.output


@pytest.mark.usefixtures("courier")
def test_an_act_under_an_id_of_ones_own_is_done_once() -> None:
    words = [
        *("correct", "--debit", "directorate", "--credit", "office:office-1", "--amount", "50000"),
        *("--minutes", "1405/88", "--reason", "a wrong service", "--yes", "--id", "correction-88"),
    ]
    first, second = directorate(*words), directorate(*words)
    assert (first.exit_code, second.exit_code) == (ExitCode.DONE, ExitCode.DONE)
    done = "the transfer of 50,000 rial (5,000 toman) from directorate to office:office-1 is accepted"
    assert first.output.splitlines()[1:] == [done]
    assert second.output.splitlines()[1:] == ["this was said and accepted before:", done]
    with pytest.raises(Problem, match="id: was used for another event"):
        directorate(*(word if word != "50000" else "60000" for word in words))


@pytest.mark.usefixtures("courier")
def test_a_fine_is_imposed_and_lifted_by_the_id_that_is_shown() -> None:
    shown = directorate("fine", "office-1", "--amount", "500000", "--minutes", "12/3", "--yes").output
    found = re.search(r"the fine's id: (\S+)", shown)
    assert found is not None, shown
    words = ("lift-fine", found[1], "--office", "office-1", "--minutes", "12/9", "--yes", "--amount")
    wrong = directorate(*words, "1")
    assert wrong.exit_code == ExitCode.REFUSED
    assert "unknown_fine" in wrong.output
    assert directorate(*words, "500000").output.endswith(" on office office-1 is lifted\n")


def test_money_of_a_request_goes_back_and_a_dispute_ends(courier: Courier) -> None:
    request = served()
    words = ("refund", request, "--reason", "charged twice", "--yes", "--amount")
    refused = directorate(*words, "90000")
    assert refused.exit_code == ExitCode.REFUSED, refused.output
    assert directorate("dispute", request, "--reason", "not served").exit_code == ExitCode.DONE
    resolved = directorate("resolve", request, "--outcome", "served", "--lang", "fa")
    assert resolved.exit_code == ExitCode.DONE
    assert resolved.output == "اختلاف پایان یافت\n"
    accepted = directorate(*words, "10000", "--id", "refund-1")
    assert accepted.exit_code == ExitCode.DONE, accepted.output
    again = directorate(*words, "10000", "--id", "refund-1")
    assert again.exit_code == ExitCode.DONE
    assert courier.bus.state(UUID(request)).owed_rial == 10_000, "once, though it was said twice"
    assert "returned 10,000 rial" in pishkhan(["office", "office-1", "return", request]).output


@pytest.mark.usefixtures("courier")
def test_a_window_is_closed_by_its_number() -> None:
    assert directorate("close-window", "1").output == "settlement window 1 is closing\n"
    assert directorate("close-window", "1").exit_code == ExitCode.REFUSED
    assert directorate("close-window", "۲").output == "settlement window 2 is closing\n"


def test_money_is_not_moved_unasked(courier: Courier) -> None:
    with pytest.raises(Problem, match="nobody is here to be asked"):
        directorate("pay", "office-1", "--amount", "5", "--reference", "r")
    assert directorate("waiting").exit_code == ExitCode.DONE


@pytest.mark.usefixtures("courier")
def test_what_waits_is_shown_and_taken_back() -> None:
    told = pishkhan(["agency", AGENCY, "submit", SERVICE, "--city", "bojnord"]).output
    found = re.search(r"request (\S+) is opened", told)
    assert found is not None, told
    waits = directorate("dispute", found[1], "--reason", "the form is another citizen's", "--id", "dispute-1")
    assert waits.exit_code == ExitCode.WAITS, waits.output
    assert "it waits for the office, until" in waits.output
    assert "take it back with: pishkhan directorate withdraw-claim dispute-1" in waits.output
    assert "dispute-1" in directorate("waiting").output
    back = directorate("withdraw-claim", "dispute-1")
    assert back.exit_code == ExitCode.DONE, back.output
    assert "dispute-1" not in directorate("waiting").output
    with pytest.raises(Problem, match="`pishkhan directorate waiting` shows what waits"):
        directorate("withdraw-claim", "dispute-1")


@pytest.mark.usefixtures("courier")
def test_desks_and_agencies_may_say_a_thing_twice_too() -> None:
    words = ["agency", AGENCY, "submit", SERVICE, "--city", "bojnord", "--id", "case-77"]
    first, second = pishkhan(words), pishkhan(words)
    assert (first.exit_code, second.exit_code) == (ExitCode.DONE, ExitCode.DONE)
    assert first.output == second.output
    found = re.search(r"request (\S+) is opened", first.output)
    assert found is not None
    accept = ["office", "office-1", "accept", found[1], "--id", "accept-77"]
    assert pishkhan(accept).output == pishkhan(accept).output
    collect = ["office", "office-1", "collect", found[1], "--id", "cash-77"]
    assert pishkhan(collect).output == pishkhan(collect).output
