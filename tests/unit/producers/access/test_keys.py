"""Keys that are issued, rotated, revoked and refused, and the rows that each act leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from producers.access import keys
from producers.access.audit import Actor, AdminAct, AuditOutcome
from producers.access.keys import LIVE_KEYS_MAX, OVERLAP_MAX, Issued, Key, KeyOrder, KeyRefusal, KeyState
from producers.access.parties import Caller, Party, PartyKind, Scope, only_party
from producers.access.tokens import hash_of, key_id_of
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import DESK, GAS, SECRET, PlainAudit, PlainKeys, desk_of, key_of, order_of

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def known(party: Party) -> bool:
    return party.code != "nobody"


def issued(store: PlainKeys, audit: PlainAudit, order: KeyOrder, seed: int = 1) -> Issued:
    made = keys.issue(desk_of(store, audit, seed=seed), order, known, ("reza",))
    assert isinstance(made, Issued)
    return made


def test_a_key_is_kept_without_its_text_and_on_record() -> None:
    store, audit = PlainKeys(), PlainAudit()
    made = issued(store, audit, order_of(GAS, Scope.SUBMIT, Scope.READ))
    assert store.of() == [made.key]
    assert made.key.hash == hash_of(made.token, SECRET)
    assert key_id_of(made.token) == made.key.key_id
    assert made.token not in repr(made.key)
    assert (made.key.party, made.key.scopes, made.key.issued_by) == (GAS, frozenset({Scope.SUBMIT, Scope.READ}), "sara")
    [row] = audit.rows
    assert (row.act, row.outcome, row.actor) == (AdminAct.KEY_ISSUE, AuditOutcome.DONE, Actor("sara"))
    assert (row.about, row.detail) == (f"agency gas, key {made.key.key_id}", "read submit")
    assert made.token[16:] not in repr(row)


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (order_of(GAS, Scope.GOVERN), KeyRefusal.SCOPE_NOT_OF_PARTY),
        (order_of(GAS, Scope.READ, Scope.MONEY), KeyRefusal.SCOPE_NOT_OF_PARTY),
        (order_of(DESK, Scope.PUBLISH), KeyRefusal.SCOPE_NOT_OF_PARTY),
        (order_of(only_party(PartyKind.AUDITOR), Scope.FEED), KeyRefusal.SCOPE_NOT_OF_PARTY),
        (KeyOrder(GAS, "billing", frozenset()), KeyRefusal.NO_SCOPES),
        (order_of(Party(PartyKind.AGENCY, "nobody")), KeyRefusal.UNKNOWN_PARTY),
        (order_of(name=""), KeyRefusal.NAME_INVALID),
        (order_of(name=" a"), KeyRefusal.NAME_INVALID),
        (order_of(name="a\nb"), KeyRefusal.NAME_INVALID),
        (order_of(name="x" * 81), KeyRefusal.NAME_INVALID),
        (order_of(DESK, Scope.DESK, operator="somebody"), KeyRefusal.OPERATOR_NOT_OF_OFFICE),
        (order_of(GAS, operator="reza"), KeyRefusal.OPERATOR_NOT_OF_OFFICE),
    ],
)
def test_what_no_key_may_be_is_refused_and_on_record(order: KeyOrder, refusal: KeyRefusal) -> None:
    store, audit = PlainKeys(), PlainAudit()
    assert keys.issue(desk_of(store, audit), order, known, ("reza",)) is refusal
    assert store.of() == []
    assert [(row.outcome, row.detail) for row in audit.rows] == [(AuditOutcome.REFUSED, refusal.value)]


def test_a_key_of_an_office_may_name_its_operator() -> None:
    made = issued(PlainKeys(), PlainAudit(), order_of(DESK, Scope.DESK, operator="reza", name="x" * 80))
    assert made.key.caller == Caller(DESK, made.key.key_id, "x" * 80, frozenset({Scope.DESK}), "reza")
    assert Actor.of_caller(made.key.caller) == Actor("office u-001, reza", made.key.key_id)


def test_a_party_has_so_many_keys_and_those_that_are_over_do_not_count() -> None:
    store, audit = PlainKeys(), PlainAudit()
    for seed in range(LIVE_KEYS_MAX):
        store.add(key_of(GAS, seed=seed + 10)[0])
    store.add(key_of(DESK, seed=5)[0])
    assert keys.issue(desk_of(store, audit), order_of(), known) is KeyRefusal.TOO_MANY_KEYS
    first = store.of()[0]
    store.revoke(first.key_id, MOMENT, "sara")
    assert isinstance(keys.issue(desk_of(store, audit), order_of(), known), Issued)


def test_a_rotated_key_opens_doors_until_its_overlap_has_passed() -> None:
    store, audit = PlainKeys(), PlainAudit()
    old = issued(store, audit, order_of(DESK, Scope.DESK, Scope.READ, operator="reza")).key
    made = keys.rotate(desk_of(store, audit, MOMENT, seed=2), old.key_id, DAY)
    assert isinstance(made, Issued)
    new = made.key
    assert new.key_id != old.key_id
    assert new.caller == replace(old.caller, key_id=new.key_id)
    assert new.replaces == old.key_id
    ended = store.rows[old.key_id]
    assert [ended.opens(MOMENT + step) for step in (timedelta(), DAY - MICROSECOND, DAY)] == [True, True, False]
    assert [ended.state(MOMENT), ended.state(MOMENT + DAY), new.state(MOMENT + 9 * DAY)] == [
        KeyState.ENDING,
        KeyState.ENDED,
        KeyState.ACTIVE,
    ]
    assert audit.rows[-1].act is AdminAct.KEY_ROTATE
    assert new.key_id in audit.rows[-1].detail


def test_without_an_overlap_the_old_key_is_over_at_once() -> None:
    store, audit = PlainKeys(), PlainAudit()
    old = issued(store, audit, order_of()).key
    assert isinstance(keys.rotate(desk_of(store, audit, seed=2), old.key_id, timedelta()), Issued)
    assert not store.rows[old.key_id].opens(MOMENT)


@pytest.mark.parametrize("overlap", [-MICROSECOND, OVERLAP_MAX + MICROSECOND])
def test_an_overlap_is_bounded(overlap: timedelta) -> None:
    store, audit = PlainKeys(), PlainAudit()
    old = issued(store, audit, order_of()).key
    assert keys.rotate(desk_of(store, audit, seed=2), old.key_id, overlap) is KeyRefusal.OVERLAP_INVALID
    assert store.of() == [old]


def test_a_key_is_replaced_once_and_what_is_over_is_neither_rotated_nor_revoked() -> None:
    store, audit = PlainKeys(), PlainAudit()
    old = issued(store, audit, order_of()).key
    new = keys.rotate(desk_of(store, audit, seed=2), old.key_id, DAY)
    assert isinstance(new, Issued)
    assert keys.rotate(desk_of(store, audit, seed=3), old.key_id, DAY) is KeyRefusal.ALREADY_REPLACED
    late = desk_of(store, audit, MOMENT + 2 * DAY, seed=3)
    assert keys.rotate(late, old.key_id, DAY) is KeyRefusal.KEY_OVER
    assert keys.revoke(late, old.key_id) is KeyRefusal.KEY_OVER
    revoked = keys.revoke(late, new.key.key_id)
    assert isinstance(revoked, Key)
    assert store.rows[new.key.key_id] == revoked
    assert (revoked.state(MOMENT), revoked.revoked_by) == (KeyState.REVOKED, "sara")
    assert keys.rotate(late, new.key.key_id, DAY) is KeyRefusal.KEY_OVER
    assert keys.revoke(late, new.key.key_id) is KeyRefusal.KEY_OVER


def test_a_key_that_ends_soon_can_be_revoked_now() -> None:
    store, audit = PlainKeys(), PlainAudit()
    old = issued(store, audit, order_of()).key
    keys.rotate(desk_of(store, audit, seed=2), old.key_id, DAY)
    assert isinstance(keys.revoke(desk_of(store, audit), old.key_id), Key)
    assert not store.rows[old.key_id].opens(MOMENT)


def test_what_somebody_typed_for_a_key_is_on_record_only_if_it_may_be_its_name() -> None:
    store, audit = PlainKeys(), PlainAudit()
    token = issued(store, audit, order_of()).token
    for typed in (token, "bcdfghjklmnp"):
        assert keys.revoke(desk_of(store, audit), typed) is KeyRefusal.UNKNOWN_KEY
        assert keys.rotate(desk_of(store, audit), typed, DAY) is KeyRefusal.UNKNOWN_KEY
    assert [row.about for row in audit.rows[1:]] == ["no key's name"] * 2 + ["key bcdfghjklmnp"] * 2
    assert token not in repr(audit.rows)
