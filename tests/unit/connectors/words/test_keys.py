"""Keys and the audit in words: every member of a closed enumeration has its phrase, and a row says what is so."""

from dataclasses import replace
from datetime import timedelta
from enum import Enum

import pytest

from connectors.words import audit, keys
from connectors.words.language import Language, Phrase
from producers.access.audit import AuditLine, AuditOutcome
from producers.access.keys import KeyRefusal, KeyState
from producers.access.parties import Party, PartyKind, Scope, only_party
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import DESK, GAS, key_of


@pytest.mark.parametrize(
    ("phrases", "members"),
    [
        (keys.KINDS, PartyKind),
        (keys.STATES, KeyState),
        (keys.SCOPES, Scope),
        (keys.REFUSALS, KeyRefusal),
        (audit.OUTCOMES, AuditOutcome),
    ],
)
def test_every_member_has_its_phrase(phrases: dict[Enum, Phrase], members: type[Enum]) -> None:
    assert {*phrases} == {*members}
    assert all(phrase.fa and phrase.en for phrase in phrases.values())


@pytest.mark.parametrize("refusal", KeyRefusal)
@pytest.mark.parametrize("party", [GAS, only_party(PartyKind.AUDITOR), None])
def test_every_refusal_is_said_without_a_gap(refusal: KeyRefusal, party: Party | None) -> None:
    said = keys.refusal_words(refusal, party)
    assert "{" not in said.fa + said.en


def test_a_scope_that_no_key_of_the_party_may_hold_names_those_that_it_may() -> None:
    said = keys.refusal_words(KeyRefusal.SCOPE_NOT_OF_PARTY, GAS)
    assert said.en == "A key of agency gas may hold these alone: feed, keys, publish, read, reveal, submit, webhooks."


def test_a_row_of_a_key() -> None:
    key = key_of(GAS, Scope.READ, Scope.FEED)[0]
    row = [*keys.cells(key, KeyState.ACTIVE, Language.EN)]
    assert row == [key.key_id, "agency gas", "billing", "feed read", "active", "never"]
    full = replace(key_of(DESK)[0], operator="reza", ends_at=MOMENT, last_used_at=MOMENT - timedelta(hours=1))
    row = [*keys.cells(full, KeyState.ENDING, Language.EN)]
    assert row[1:] == [
        "office u-001",
        "billing, operator reza",
        "read",
        "until 2026-11-23 06:00:00",
        "2026-11-23 05:00:00",
    ]


def test_a_row_of_the_audit() -> None:
    line = AuditLine(1, MOMENT, "sara", None, "key issue", "agency gas", "done", "read")
    assert [*audit.cells(line, Language.EN)] == [
        "2026-11-23 06:00:00",
        "sara",
        "key issue",
        "agency gas",
        ("done", "read"),
    ]
    other = replace(line, key_id="bcdfghjklmnp", outcome="an end of a newer build", detail="")
    assert [*audit.cells(other, Language.FA)][1:] == [
        "sara، کلید bcdfghjklmnp",
        "key issue",
        "agency gas",
        "an end of a newer build",
    ]
