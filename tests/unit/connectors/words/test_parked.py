"""What waits and what was decided on it is told in both languages, without the event's body."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from connectors.words.language import Language
from connectors.words.parked import (
    ACTIONS,
    OUTCOMES,
    REASONS,
    decision_words,
    facts,
    facts_of_decision,
    noted_lines,
)
from consumers.parked import DecisionLine, ParkedLine
from consumers.parking import NEVER, DecisionOutcome, OperatorAction, ParkReason
from deploy.terminal.parked import parked_table

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LINE = ParkedLine(
    id=17,
    consumer="requests",
    key="01890a5d-ac96-774b-bcce-b302099a8057",
    reason="failed",
    detail="the code failed with KeyError; see the worker's log",
    topic="pishkhan.intake.water",
    partition=2,
    position=9,
    appended_at=NOON,
    parked_at=NOON + timedelta(seconds=1),
    expires_at=NEVER,
    tries=2,
    next_try_at=NOON + timedelta(seconds=31),
    operator_action="redrive",
    decided_by="sara",
)
DECISION = DecisionLine(
    parked_id=17,
    consumer="requests",
    key=LINE.key,
    source="/agencies/water",
    event_id="e-1",
    type="ir.pishkhan.RequestSubmitted.v1",
    topic=LINE.topic,
    partition=2,
    position=9,
    reason="failed",
    detail=LINE.detail,
    tries=2,
    action="skip",
    decided_by="sara",
    why="sent twice",
    decided_at=NOON,
    outcome="skipped",
    ended_at=NOON + timedelta(seconds=1),
)


def shown(language: Language, width: int = 80) -> str:
    console = Console(width=width, record=True, file=None)
    with console.capture() as captured:
        console.print(parked_table([LINE], language))
    return captured.get()


def test_everything_has_words_in_both_languages() -> None:
    assert set(REASONS) == set(ParkReason)
    assert set(ACTIONS) == set(OperatorAction)
    assert set(OUTCOMES) == set(DecisionOutcome)


@pytest.mark.parametrize("language", Language)
def test_a_key_stays_whole_in_80_columns(language: Language) -> None:
    assert any(LINE.key in line for line in shown(language).splitlines())


def test_until_when_it_waits_and_who_decided_is_in_the_list() -> None:
    words = " ".join(shown(Language.EN, 160).split())
    assert "2026-11-25 12:00:31" in words
    assert "failed 2 times" in words
    assert "redrive by sara" in words
    assert "۲ بار خطا" in shown(Language.FA, 160)


def test_one_event_is_told_with_its_envelope() -> None:
    told = dict(facts(LINE, {"ce_id": "e-1", "secret": "x"}, Language.EN))
    assert told["event"] == f"17 of requests, key {LINE.key}"
    assert told["until"] == "2026-11-25 12:00:31, failed 2 times"
    assert told["ce_id"] == "e-1"
    assert "secret" not in told
    assert dict(facts_of_decision(DECISION, Language.EN))["now"] == "it has left the park"


def test_a_decision_is_told_with_its_end() -> None:
    assert decision_words(DECISION, Language.EN) == (
        "2026-11-25 12:00:00  skip by sara: sent twice (given up for good at 2026-11-25 12:00:01)"
    )
    assert "چشم‌پوشی، به تصمیم sara: sent twice" in decision_words(DECISION, Language.FA)


def test_whose_decision_is_replaced_is_told() -> None:
    replaced, noted = noted_lines([17, 18], OperatorAction.REDRIVE, [DECISION], Language.EN)
    assert replaced == "17: this replaces skip by sara: sent twice"
    assert noted.startswith("2 events: redrive, for the worker to do")
    assert "۲ رویداد" in next(noted_lines([17, 18], OperatorAction.REDRIVE, [], Language.FA))
