"""Which party may hold which scope, and what each is on intake."""

import pytest

from producers.access.parties import GRANTABLE, Caller, Party, PartyKind, Scope, only_party
from schemas.speakers import SpeakerKind, sender_of


def test_every_kind_of_party_and_every_scope_has_its_place() -> None:
    assert {*GRANTABLE} == {*PartyKind}
    assert frozenset().union(*GRANTABLE.values()) == {*Scope}


@pytest.mark.parametrize(
    ("scope", "kinds"),
    [
        (Scope.GOVERN, {PartyKind.DIRECTORATE}),
        (Scope.MONEY, {PartyKind.DIRECTORATE}),
        (Scope.DESK, {PartyKind.OFFICE}),
        (Scope.PUBLISH, {PartyKind.AGENCY}),
        (Scope.SUBMIT, {PartyKind.AGENCY, PartyKind.OFFICE}),
        (Scope.REVEAL, {PartyKind.AGENCY, PartyKind.OFFICE}),
    ],
)
def test_only_who_can_do_a_thing_may_hold_its_scope(scope: Scope, kinds: set[PartyKind]) -> None:
    assert {kind for kind, scopes in GRANTABLE.items() if scope in scopes} == kinds


def test_who_only_looks_may_only_read() -> None:
    assert GRANTABLE[PartyKind.AUDITOR] == GRANTABLE[PartyKind.WORKING_GROUP] == {Scope.READ}


@pytest.mark.parametrize(
    "party", [Party(PartyKind.AGENCY, "gas"), Party(PartyKind.OFFICE, "u-001"), only_party(PartyKind.DIRECTORATE)]
)
def test_a_party_that_speaks_has_the_source_that_says_so(party: Party) -> None:
    sender = sender_of(party.source or "")
    assert sender is not None
    assert (sender.kind, sender.code) == (party.speaker, party.code)


def test_who_only_looks_says_nothing() -> None:
    for kind in (PartyKind.AUDITOR, PartyKind.WORKING_GROUP):
        assert only_party(kind).source is None
        assert only_party(kind).speaker is None
    assert {Party(kind, "x").speaker for kind in PartyKind} == {*SpeakerKind, None}


def test_parties_are_named_as_people_name_them() -> None:
    assert str(Party(PartyKind.AGENCY, "gas")) == "agency gas"
    assert str(only_party(PartyKind.AUDITOR)) == "auditor"


def test_a_caller_may_what_its_key_was_given() -> None:
    caller = Caller(Party(PartyKind.AGENCY, "gas"), "x", "billing", frozenset({Scope.READ}))
    assert caller.may(Scope.READ)
    assert not caller.may(Scope.SUBMIT)
