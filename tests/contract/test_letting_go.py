"""Dead letters have so much room and so much time; what is let go is counted, and no flood takes another's room."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from connectors.database.runner.dead_letters import room_of
from consumers.intake import Unreadable
from consumers.letters_told import Allowed
from consumers.runner.outcomes import DeadLetterReason
from schemas.limits import LETTER_ROOM, LETTERS_TOLD, LetterRoom
from tests.contract.worlds import World
from tests.kit.values.claims import intake_record
from tests.memory.tables import LetGo

Write = Callable[..., None]

#: Room for everything, in every test that narrows one bound of it.
WIDE = LetterRoom(days=3, topic_letters=100, topic_bytes=1_000_000, letters=1_000, bytes=10_000_000)


def letter(
    agency: str, position: int, words: str = "", reason: DeadLetterReason = DeadLetterReason.MALFORMED
) -> Unreadable:
    """Return a letter whose words are its agency's and its position, unless told otherwise."""
    return Unreadable(
        intake_record("e", agency=agency, position=position), reason, "body", words or f"{agency}{position}"
    )


@pytest.fixture
def write(world: World) -> Write:
    client = world.client("requests")

    def written(*letters: Unreadable) -> None:
        with client.requests() as stores:
            stores.dead_letters.add("requests", letters)

    return written


def flood(agency: str, count: int) -> list[Unreadable]:
    return [letter(agency, position) for position in range(count)]


def swept(world: World, **narrower: int) -> list[str]:
    """Let go what has no room, and return the words of what is left."""
    relay = world.client("relay").relay(replace(WIDE, **narrower))
    assert not relay.let_letters_go(), "few are let go in one go"
    return world.letters()


def test_what_has_room_stays(world: World, write: Write) -> None:
    write(*flood("water", 3))
    assert swept(world, topic_letters=3, letters=3) == ["water0", "water1", "water2"]
    assert world.let_go() == {}


def test_the_oldest_of_a_topic_go_and_are_counted_with_the_place_of_the_last(world: World, write: Write) -> None:
    letters = flood("water", 5)
    write(letter("gas", 7), *letters)
    assert swept(world, topic_letters=2) == ["gas7", "water3", "water4"]
    gone = sum(map(room_of, letters[:3]))
    assert world.let_go() == {("requests", "pishkhan.intake.water", 0): LetGo(2, 3, gone, 3)}
    write(letter("water", 9))
    assert swept(world, topic_letters=2) == ["gas7", "water4", "water9"]
    assert world.let_go() == {("requests", "pishkhan.intake.water", 0): LetGo(3, 4, gone + room_of(letters[3]), 4)}


def test_large_letters_go_before_they_are_many(world: World, write: Write) -> None:
    large = [letter("water", position, "x" * 900) for position in range(3)]
    write(letter("gas", 1), *large)
    assert swept(world, topic_bytes=room_of(large[0]) + 1) == ["gas1", "x" * 900]
    [counted] = world.let_go().values()
    assert counted == LetGo(1, 2, 2 * room_of(large[0]), 2)


@pytest.mark.parametrize(
    ("most", "left"),
    [
        # All beyond the smaller topics' own comes out of the largest.
        (7, {"water": 3, "gas": 3, "post": 1}),
        (5, {"water": 2, "gas": 2, "post": 1}),
        # What does not divide stays free.
        (6, {"water": 2, "gas": 2, "post": 1}),
        (3, {"water": 1, "gas": 1, "post": 1}),
        (0, {}),
    ],
)
def test_a_flood_takes_no_room_from_whoever_has_less(
    world: World, write: Write, most: int, left: dict[str, int]
) -> None:
    write(*flood("post", 1), *flood("gas", 3), *flood("water", 40))
    words = swept(world, letters=most)
    assert {name: sum(each.startswith(name) for each in words) for name in left} == left
    assert len(words) == sum(left.values())
    if left:
        assert words[-1] == "water39", "the newest stay"


def test_so_does_a_flood_in_bytes(world: World, write: Write) -> None:
    small, large = letter("gas", 1), [letter("water", position, "x" * 900) for position in range(4)]
    write(small, *large)
    assert swept(world, bytes=room_of(small) + 2 * room_of(large[0])) == ["gas1", "x" * 900, "x" * 900]


def test_what_is_of_age_goes_whatever_the_room(world: World, write: Write) -> None:
    old = letter("water", 1)
    write(old, letter("gas", 1))
    world.age_letters(WIDE.days + 1)
    write(letter("water", 2))
    assert swept(world) == ["water2"]
    gone = LetGo(1, 1, room_of(old), 0)
    assert world.let_go()["requests", "pishkhan.intake.water", 0] == gone


def test_what_a_person_passed_and_what_is_of_a_log_of_ours_stays(world: World, write: Write) -> None:
    passed = letter("water", 1, reason=DeadLetterReason.PASSED)
    ours = letter("water", 2)
    ours = replace(ours, record=replace(ours.record, topic="pishkhan.log.requests"))
    write(passed, ours, letter("water", 3))
    world.age_letters(WIDE.days + 1)
    assert swept(world, topic_letters=0, letters=0) == ["water1", "water2"]


def test_each_consumer_and_partition_is_counted_by_itself(world: World, write: Write) -> None:
    here = letter("water", 5)
    there = replace(here, record=replace(here.record, partition=1, position=3))
    write(here, there)
    with world.client("registry").registry() as stores:
        stores.dead_letters.add("registry", [here])
    swept(world, topic_letters=0)
    assert {place: row.up_to for place, row in world.let_go().items()} == {
        ("requests", "pishkhan.intake.water", 0): 5,
        ("requests", "pishkhan.intake.water", 1): 3,
        ("registry", "pishkhan.intake.water", 0): 5,
    }


def test_a_flood_goes_in_parts(world: World, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tests.memory.outbox", "connectors.database.publication.relay"):
        monkeypatch.setattr(f"{module}.LETTERS_AT_ONCE", 2)
    write(*flood("water", 5))
    relay = world.client("relay").relay(replace(WIDE, topic_letters=0))
    assert relay.let_letters_go()
    assert world.letters() == ["water2", "water3", "water4"]
    assert relay.let_letters_go()
    assert not relay.let_letters_go()
    assert world.letters() == []


def test_the_declared_room_holds_the_floods_of_several_speakers() -> None:
    assert 2 * LETTER_ROOM.topic_letters < LETTER_ROOM.letters
    assert 2 * LETTER_ROOM.topic_bytes < LETTER_ROOM.bytes


def test_a_share_of_letters_is_taken_once_by_topic_and_what_is_left_out_is_counted(world: World) -> None:
    first, second = world.client("a"), world.client("b")
    with first.requests() as stores:
        most = LETTERS_TOLD.at_once
        assert stores.dead_letters.allow({"pishkhan.intake.a": most + 7}) == {"pishkhan.intake.a": Allowed(most, 0)}
    with second.registry() as others:
        allowed = others.dead_letters.allow({"pishkhan.intake.b": 2, "pishkhan.intake.a": 3})
        assert allowed == {"pishkhan.intake.a": Allowed(0, 7), "pishkhan.intake.b": Allowed(2, 0)}
    with suppress(ZeroDivisionError), first.requests() as stores:
        stores.dead_letters.allow({"pishkhan.intake.b": 5})
        raise ZeroDivisionError
    with first.requests() as stores:
        assert stores.dead_letters.allow({"pishkhan.intake.a": 1})["pishkhan.intake.a"] == Allowed(0, 10)
