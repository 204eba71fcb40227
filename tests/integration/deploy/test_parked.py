"""`pishkhan parked` and `pishkhan dead-letters`: people see what is stuck, and say what is to be done."""

from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from connectors.database.parking.park import ParkedStore
from connectors.database.runner.dead_letters import DeadLetterStore
from consumers.intake import Conflict, conflicting
from consumers.parking import RESTS, OperatorAction, failed_event
from deploy.cli import build
from deploy.problem import Problem
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.claims import claim, intake_record

pytestmark = pytest.mark.integration


@pytest.fixture
def invoke(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", database.worker_url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build(arguments[0]), list(arguments))

    return run


def park(engine: Engine, *keys: str) -> list[int]:
    events = [failed_event(key, "ValueError", intake_record("e")) for key in keys]
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park(events)
        return [row.id for row in store.of_keys(keys)]


def test_nothing_stuck_is_said_so(invoke: Any) -> None:
    assert "Nothing is parked." in invoke("parked", "list").stdout
    assert "There are no dead letters." in invoke("dead-letters", "list").stdout


def test_parked_events_are_listed_whatever_their_key(invoke: Any, engine: Engine) -> None:
    [number] = park(engine, "[/red]odd")
    shown = invoke("parked", "list").stdout
    assert str(number) in shown
    assert "[/red]odd" in shown
    assert "failed once" in shown
    assert "a person decides" not in shown
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        for _ in RESTS:
            store.keep([row.with_failure("KeyError") for row in store.of_keys(["[/red]odd"])])
    shown = invoke("parked", "list", "--reason", "failed").stdout
    assert "a person decides" in shown
    assert f"failed {1 + len(RESTS)} times" in shown
    assert "Nothing is parked." in invoke("parked", "list", "--reason", "gap").stdout
    assert "odd" not in invoke("parked", "list", "--consumer", "settlement").stdout


def test_how_many_are_not_shown_is_said(invoke: Any, engine: Engine) -> None:
    park(engine, "a", "b", "c")
    assert "2 of 3 are shown, the oldest; --limit shows more" in invoke("parked", "list", "--limit", "2").stdout
    assert "are shown" not in invoke("parked", "list", "--limit", "3").stdout
    assert "are shown" not in invoke("parked", "list", "--limit", "3", "--reason", "gap").stdout


def test_a_second_decision_says_whose_it_replaces(invoke: Any, engine: Engine) -> None:
    [number] = park(engine, "a")
    invoke("parked", "skip", str(number), "--why", "sent twice", "--by", "sara")
    said = invoke("parked", "redrive", str(number), "--why", "was sent once", "--by", "reza").stdout
    assert f"{number}: this replaces skip by sara: sent twice" in said
    shown = invoke("parked", "show", str(number)).stdout
    assert "skip by sara: sent twice (replaced by a later decision at" in shown
    assert "redrive by reza: was sent once (for a worker to do)" in shown
    assert "چیزی در انتظار نیست." in invoke("parked", "list", "--reason", "gap", "--lang", "fa").stdout


def test_a_key_can_be_copied_from_80_columns(invoke: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "01890a5d-ac96-774b-bcce-b302099a8057"
    [number] = park(engine, key)
    monkeypatch.setenv("COLUMNS", "80")
    lines = invoke("parked", "list").stdout.splitlines()
    assert any(key in line and str(number) in line for line in lines)
    assert max(map(len, lines)) <= 80
    words = [word for line in lines for word in line.split()]
    assert {"requests", "failed", "ValueError"} <= set(words)


@pytest.mark.parametrize("action", list(OperatorAction))
def test_a_decision_is_noted_with_who_and_why(invoke: Any, engine: Engine, action: OperatorAction) -> None:
    first, second = park(engine, "a", "b")
    result = invoke("parked", action.value, str(first), "--why", "service was fixed", "--by", "sara")
    assert result.exit_code == 0
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        [decided] = store.of_keys(["a"])
        [untouched] = store.of_keys(["b"])
    assert decided.action is action
    assert (untouched.id, untouched.action) == (second, None)
    shown = invoke("parked", "show", str(first)).stdout
    assert f"{action.value} by sara: service was fixed (for a worker to do)" in shown


def test_an_event_is_shown_without_its_body_and_after_it_left_with_who_decided_and_why(
    invoke: Any, engine: Engine
) -> None:
    [number] = park(engine, "a")
    shown = invoke("parked", "show", str(number)).stdout
    assert "failed: ValueError" in shown
    assert "failed once" in shown
    assert "ce_source" in shown
    assert (intake_record("e").value or b"").decode() not in shown
    invoke("parked", "skip", str(number), "--why", "sent twice", "--by", "sara")
    with engine.begin() as connection:
        ParkedStore(connection, "requests").skip([number])
    shown = invoke("parked", "show", str(number)).stdout
    assert "it has left the park" in shown
    assert "ce_source" in shown
    assert "skip by sara: sent twice (given up for good at" in shown
    missing = invoke("parked", "show", "999999")
    assert isinstance(missing.exception, Problem)


def test_after_a_repair_everything_that_failed_is_redriven_at_once(invoke: Any, engine: Engine) -> None:
    park(engine, "a", "b")
    for wrong in ([], ["1", "--failed"], ["1", "--consumer", "requests"]):
        assert isinstance(invoke("parked", "redrive", *wrong, "--why", "repaired").exception, Problem)
    assert "0 events" in invoke("parked", "redrive", "--failed", "--consumer", "kpi", "--why", "repaired").stdout
    assert "2 events: redrive" in invoke("parked", "redrive", "--failed", "--why", "repaired").stdout


def test_a_decision_needs_a_reason_and_an_event_that_is_there(invoke: Any, engine: Engine) -> None:
    [number] = park(engine, "a")
    assert invoke("parked", "skip", str(number)).exit_code == 2
    gone = invoke("parked", "skip", "999999", "--why", "no")
    assert isinstance(gone.exception, Problem)
    assert "999999" in str(gone.exception)


def test_dead_letters_are_listed_with_field_and_reason(invoke: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        DeadLetterStore(connection).add("requests", [conflicting(Conflict(claim("e-1"), ("body",)))])
    shown = invoke("dead-letters", "list").stdout
    assert "identity_conflict" in shown
    assert "ce_id" in shown
