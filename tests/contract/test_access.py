"""Keys and the audit, in memory and in a real database."""

from dataclasses import replace
from datetime import timedelta

from producers.access import keys
from producers.access.audit import Actor, AdminAct, AuditFilter, AuditOutcome, AuditRow
from producers.access.keys import Issued, Key, KeyRefusal
from producers.access.parties import Scope
from tests.contract.worlds import World
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import DESK, GAS, desk_of, key_of, order_of

HOUR = timedelta(hours=1)


def test_a_key_comes_back_as_it_was_kept(world: World) -> None:
    plain, _ = key_of(GAS, Scope.READ, Scope.SUBMIT)
    full = replace(key_of(DESK, Scope.DESK, seed=2, issued_at=MOMENT + HOUR)[0], operator="رضا", replaces=plain.key_id)
    with world.client("a").people() as people:
        for key in (full, plain):
            people.keys.add(key)
    with world.client("b").people() as people:
        assert people.keys.of() == [plain, full], "the oldest first"
        assert people.keys.of(DESK) == [full]
        assert people.keys.find(full.key_id) == full
        assert people.keys.find("bcdfghjklmnp") is None
        people.keys.end(plain.key_id, MOMENT + HOUR)
        people.keys.revoke(full.key_id, MOMENT, "sara")
    with world.client("b").people() as people:
        assert people.keys.find(plain.key_id) == replace(plain, ends_at=MOMENT + HOUR)
        assert people.keys.find(full.key_id) == replace(full, revoked_at=MOMENT, revoked_by="sara")


def test_only_what_opens_doors_is_live(world: World) -> None:
    # The real database's clock is that of its machine, which is past the first and before the second.
    over, ending = MOMENT - timedelta(days=40_000), MOMENT + timedelta(days=40_000)
    made = [key_of(seed=seed, issued_at=over)[0] for seed in range(4)]
    with world.client("a").people() as people:
        for key in made:
            people.keys.add(key)
        people.keys.end(made[1].key_id, ending)
        people.keys.end(made[2].key_id, over)
        people.keys.revoke(made[3].key_id, MOMENT, "sara")
    with world.client("a").people() as people:
        assert {key.key_id for key in people.keys.live()} == {made[0].key_id, made[1].key_id}


def test_a_use_that_was_written_down_later_stays(world: World) -> None:
    used, unused = key_of()[0], key_of(seed=2)[0]
    with world.client("a").people() as people:
        for key in (used, unused):
            people.keys.add(key)
        people.keys.note_used({used.key_id: MOMENT + HOUR, "bcdfghjklmnp": MOMENT})
    with world.client("b").people() as people:
        people.keys.note_used({used.key_id: MOMENT})
    with world.client("b").people() as people:
        assert {key.key_id: key.last_used_at for key in people.keys.of()} == {
            used.key_id: MOMENT + HOUR,
            unused.key_id: None,
        }


def test_keys_are_administered_and_every_act_is_on_record(world: World) -> None:
    with world.client("a").people() as people:
        made = keys.issue(desk_of(people.keys, people.audit), order_of(GAS, Scope.READ), lambda _: True)
        assert isinstance(made, Issued)
    with world.client("b").people() as people:
        desk = desk_of(people.keys, people.audit, seed=2)
        assert keys.issue(desk, order_of(GAS, Scope.GOVERN), lambda _: True) is KeyRefusal.SCOPE_NOT_OF_PARTY
        rotated = keys.rotate(desk, made.key.key_id, HOUR)
        assert isinstance(rotated, Issued)
        revoked = keys.revoke(desk, rotated.key.key_id)
        assert isinstance(revoked, Key)
    with world.client("b").people() as people:
        assert people.keys.of() == sorted(
            [replace(made.key, ends_at=MOMENT + HOUR), revoked], key=lambda key: key.key_id
        )
        lines = people.audit.page(AuditFilter(), 9)
        assert [(line.act, line.outcome) for line in lines] == [
            ("key revoke", "done"),
            ("key rotate", "done"),
            ("key issue", "refused"),
            ("key issue", "done"),
        ]


def test_the_audit_shows_the_newest_first_of_what_is_wanted(world: World) -> None:
    rows = [
        AuditRow(MOMENT + number * HOUR, actor, act, about, outcome, f"row {number}")
        for number, (actor, act, about, outcome) in enumerate(
            [
                (Actor("sara"), AdminAct.KEY_ISSUE, "agency gas", AuditOutcome.DONE),
                (Actor("reza"), AdminAct.KEY_ISSUE, "agency gas", AuditOutcome.REFUSED),
                (Actor("office u-001", "bcdfghjklmnp"), AdminAct.KEY_REVOKE, "office u-001", AuditOutcome.FAILED),
            ]
        )
    ]
    with world.client("a").people() as people:
        for row in rows:
            people.audit.add(row)
    with world.client("b").people() as people:
        seen = people.audit.page(AuditFilter(), 2)
        assert [line.detail for line in seen] == ["row 2", "row 1"]
        assert seen[0].id > seen[1].id
        assert (seen[0].at, seen[0].actor, seen[0].key_id) == (MOMENT + 2 * HOUR, "office u-001", "bcdfghjklmnp")
        assert people.audit.count(AuditFilter()) == 3
        wanted = {
            AuditFilter(actor="sara"): [0],
            AuditFilter(key_id="bcdfghjklmnp"): [2],
            AuditFilter(act="key issue"): [1, 0],
            AuditFilter(about="agency gas", outcome=AuditOutcome.REFUSED): [1],
            AuditFilter(since=MOMENT + HOUR): [2, 1],
            AuditFilter(until=MOMENT + HOUR): [0],
            AuditFilter(actor="nobody"): [],
        }
        for asked, numbers in wanted.items():
            assert [line.detail for line in people.audit.page(asked, 9)] == [f"row {one}" for one in numbers]
            assert people.audit.count(asked) == len(numbers)


def test_what_is_rolled_back_is_neither_kept_nor_on_record(world: World) -> None:
    class Undone(Exception):
        pass

    try:
        with world.client("a").people() as people:
            keys.issue(desk_of(people.keys, people.audit), order_of(), lambda _: True)
            raise Undone
    except Undone:
        pass
    with world.client("a").people() as people:
        assert (people.keys.of(), people.audit.count(AuditFilter())) == ([], 0)
