"""Who sees a citizen's fields: the rule at its borders, its limit, and its rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from producers.access.audit import AuditFilter, AuditLine, AuditOutcome, AuditRow
from producers.access.parties import Caller, Party, PartyKind, Scope
from producers.vault.ports import Fields
from producers.vault.reveal import (
    AFTER_THE_END,
    REVEALS_PER_HOUR,
    RevealDesk,
    RevealFacts,
    RevealRefusal,
    refusal_of,
    reveal,
)
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import DESK, GAS
from tests.kit.values.persons import person
from tests.memory.vault import MemoryVault

REQUEST = UUID(int=7)
FIELDS: Fields = {"name": "Sara"}
MICROSECOND = timedelta(microseconds=1)
ACCEPTED = RevealFacts("/agencies/gas", agency="gas", office="u-001", accepted=True, ended_at=None)


def caller(party: Party) -> Caller:
    return Caller(party, "bcdfghjklmnp", "k", frozenset({Scope.REVEAL}))


class Requests:
    """Implements `RevealReads` with one request."""

    def __init__(self, facts: RevealFacts | None) -> None:
        self.facts_now = facts

    def facts(self, request_id: UUID) -> RevealFacts | None:
        return self.facts_now if request_id == REQUEST else None


class Rows:
    """Implements the audit in a list."""

    def __init__(self) -> None:
        self.rows: list[AuditRow] = []

    def add(self, row: AuditRow) -> None:
        self.rows.append(row)

    def count(self, wanted: AuditFilter) -> int:
        return sum(
            row.actor.key_id == wanted.key_id
            and row.act.value == wanted.act
            and row.outcome is wanted.outcome
            and (wanted.since is None or row.at >= wanted.since)
            for row in self.rows
        )

    def page(self, wanted: AuditFilter, limit: int) -> Sequence[AuditLine]:
        raise NotImplementedError("nobody looks here")


@pytest.fixture
def desk() -> RevealDesk:
    vault = MemoryVault()
    vault.seal(REQUEST, "/agencies/gas", person(1), FIELDS)
    # What others seal under the same id is nobody's.
    vault.seal(REQUEST, "/agencies/water", person(2), {"name": "Reza"})
    return RevealDesk(Requests(ACCEPTED), vault, Rows(), MOMENT, MOMENT)


def rows_of(desk: RevealDesk) -> list[AuditRow]:
    assert isinstance(desk.audit, Rows)
    return desk.audit.rows


@pytest.mark.parametrize("party", [GAS, DESK])
def test_the_accepting_office_and_the_owning_agency_see_it_and_that_is_on_record(
    desk: RevealDesk, party: Party
) -> None:
    assert reveal(desk, caller(party), REQUEST) == FIELDS
    [row] = rows_of(desk)
    assert (row.outcome, row.actor.key_id, row.about) == (AuditOutcome.DONE, "bcdfghjklmnp", f"request {REQUEST}")
    assert "Sara" not in repr(row)


@pytest.mark.parametrize(
    "party",
    [
        Party(PartyKind.AGENCY, "water"),
        Party(PartyKind.OFFICE, "u-002"),
        # Codes of the two kinds are not each other's.
        Party(PartyKind.AGENCY, "u-001"),
        Party(PartyKind.OFFICE, "gas"),
        Party(PartyKind.DIRECTORATE, "directorate"),
        Party(PartyKind.AUDITOR, "auditor"),
    ],
)
def test_for_everybody_else_there_is_no_such_request(desk: RevealDesk, party: Party) -> None:
    assert reveal(desk, caller(party), REQUEST) is RevealRefusal.NOT_YOURS
    assert reveal(desk, caller(party), UUID(int=8)) is RevealRefusal.NOT_YOURS
    assert [row.outcome for row in rows_of(desk)] == [AuditOutcome.REFUSED] * 2


def test_not_before_an_office_has_accepted() -> None:
    facts = replace(ACCEPTED, accepted=False)
    for party in (GAS, DESK):
        assert refusal_of(facts, caller(party), MOMENT) is RevealRefusal.NOT_ACCEPTED


def test_until_a_set_time_after_the_end() -> None:
    facts = replace(ACCEPTED, ended_at=MOMENT)
    for party in (GAS, DESK):
        assert refusal_of(facts, caller(party), MOMENT + AFTER_THE_END - MICROSECOND) is None
        assert refusal_of(facts, caller(party), MOMENT + AFTER_THE_END) is RevealRefusal.TOO_LATE


def test_a_key_sees_so_many_in_an_hour(desk: RevealDesk) -> None:
    for _ in range(REVEALS_PER_HOUR):
        assert reveal(desk, caller(GAS), REQUEST) == FIELDS
    assert reveal(desk, caller(GAS), REQUEST) is RevealRefusal.TOO_MANY
    assert reveal(desk, replace(caller(GAS), key_id="zzzzzzzzzzzz"), REQUEST) == FIELDS
    later = replace(desk, now=MOMENT + timedelta(hours=1, microseconds=1))
    assert reveal(later, caller(GAS), REQUEST) == FIELDS


def test_who_is_forgotten_is_not_shown_and_neither_is_anybody_while_the_vault_is_away(desk: RevealDesk) -> None:
    assert isinstance(desk.vault, MemoryVault)
    desk.vault.away = True
    assert reveal(desk, caller(GAS), REQUEST) is RevealRefusal.VAULT_AWAY
    desk.vault.away = False
    assert desk.vault.forget(person(1))
    assert reveal(desk, caller(GAS), REQUEST) is RevealRefusal.NOTHING_KEPT
    assert [row.outcome for row in rows_of(desk)] == [AuditOutcome.FAILED, AuditOutcome.REFUSED]
