"""Positions and leases: who owns what, and whose batches count."""

from dataclasses import replace
from hashlib import sha256

import pytest

from consumers.requests.domain.loads.loads import PositionChange
from consumers.requests.ports import RequestStores
from consumers.runner.errors import Contention, DatabaseUnavailable, Fenced, PositionLost
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.ports import Leases, Work
from consumers.runner.records import HaltNote, Move, Partition, Record, Unread, UnreadReason
from tests.contract.worlds import SHORT_SECONDS, Client, World
from tests.kit.values.claims import APPENDED

TWELVE = [Partition("log", "id-1", number) for number in range(12)]
FIRST, SECOND, THIRD, *_ = TWELVE


def held(client: Client, consumer: str = "c") -> set[int]:
    """Renew, and return the numbers of what is owned."""
    leases, _ = client.worker(consumer)
    return {where.number for where in leases.hold(TWELVE)}


def advance(work: Work[RequestStores], *moves: Move) -> None:
    with work.transaction() as (positions, _):
        positions.advance(moves)


def advance_and_fail(work: Work[RequestStores], move: Move) -> None:
    with work.transaction() as (positions, _):
        positions.advance([move])
        raise ZeroDivisionError


@pytest.fixture
def leases(world: World) -> Leases:
    return world.client("one").worker("c")[0]


@pytest.fixture
def work(world: World) -> Work[RequestStores]:
    return world.client("one").worker("c")[1]


def test_positions_begin_at_the_beginning(leases: Leases) -> None:
    assert leases.hold(TWELVE) == dict.fromkeys(TWELVE, 0)


def test_only_what_is_known_is_held(leases: Leases) -> None:
    leases.hold(TWELVE)
    assert set(leases.hold([FIRST])) == {FIRST}


def test_a_committed_batch_moves_its_positions(leases: Leases, work: Work[RequestStores]) -> None:
    leases.hold(TWELVE[:3])
    advance(work, Move(FIRST, 0, 5), Move(SECOND, 0, 2))
    assert leases.hold(TWELVE[:3]) == {FIRST: 5, SECOND: 2, THIRD: 0}


def test_an_exception_moves_nothing(leases: Leases, work: Work[RequestStores]) -> None:
    leases.hold(TWELVE)
    with pytest.raises(ZeroDivisionError):
        advance_and_fail(work, Move(FIRST, 0, 5))
    assert leases.hold(TWELVE)[FIRST] == 0


def test_a_wrong_start_fences_the_whole_batch(leases: Leases, work: Work[RequestStores]) -> None:
    leases.hold(TWELVE)
    advance(work, Move(FIRST, 0, 5))
    for start in (0, 4, 6):
        with pytest.raises(Fenced):
            advance(work, Move(SECOND, 0, 1), Move(FIRST, start, 9))
    assert leases.hold(TWELVE) == {**dict.fromkeys(TWELVE, 0), FIRST: 5}


def test_a_zombie_is_fenced_before_it_can_write_anything(world: World, leases: Leases) -> None:
    leases.hold(TWELVE)
    _, zombie = world.client("two").worker("c")
    with zombie.transaction() as (positions, _), pytest.raises(Fenced):
        positions.advance([Move(FIRST, 0, 5)])


def test_no_moves_are_no_statement(work: Work[RequestStores]) -> None:
    advance(work)


def test_whoever_does_not_own_a_partition_is_fenced(world: World, leases: Leases) -> None:
    leases.hold(TWELVE)
    _, stranger = world.client("two").worker("c")
    with pytest.raises(Fenced):
        advance(stranger, Move(FIRST, 0, 5))


def test_shares_become_fair_as_workers_come_and_go(world: World) -> None:
    a, b, c = (world.client(name) for name in "abc")
    assert len(held(a)) == 12
    assert held(b) == set(), "nothing is free before the first owner gives it up"
    assert (len(held(a)), len(held(b)), len(held(c))) == (6, 6, 0)
    shares = [held(each) for each in (a, b, c)]
    assert [len(share) for share in shares] == [4, 4, 4]
    assert set.union(*shares) == set(range(12))
    b.worker("c")[0].release()
    assert (len(held(a)), len(held(c))) == (6, 6)


def test_the_remainder_goes_to_the_first_by_name(world: World) -> None:
    several = [world.client(name) for name in "abcde"]
    for _ in range(2):
        counts = [len(held(each)) for each in several]
    assert counts == [3, 3, 2, 2, 2]


def test_consumers_do_not_share_positions(world: World) -> None:
    client = world.client("a")
    assert len(held(client, "c")) == len(held(client, "other")) == 12
    advance(client.worker("c")[1], Move(FIRST, 0, 5))
    assert client.worker("other")[0].hold(TWELVE)[FIRST] == 0


def test_positions_survive_their_owner(world: World) -> None:
    first, second = (world.client(name).worker("c") for name in "ab")
    first[0].hold(TWELVE)
    advance(first[1], Move(THIRD, 0, 17))
    first[0].release()
    assert second[0].hold(TWELVE)[THIRD] == 17


def test_a_zombie_whose_lease_was_taken_cannot_commit(world: World) -> None:
    zombie, successor = world.client("a", SHORT_SECONDS), world.client("b", SHORT_SECONDS)
    held(zombie)
    world.until(lambda: len(held(successor)) == 12, "the lease of the silent worker runs out")
    with pytest.raises(Fenced):
        advance(zombie.worker("c")[1], Move(FIRST, 0, 5))
    advance(successor.worker("c")[1], Move(FIRST, 0, 5))
    assert successor.worker("c")[0].hold(TWELVE)[FIRST] == 5


def test_a_batch_of_another_incarnation_of_a_topic_moves_nothing(leases: Leases, work: Work[RequestStores]) -> None:
    leases.hold(TWELVE)
    with pytest.raises(Fenced):
        advance(work, Move(Partition("log", "id-2", FIRST.number), 0, 5))
    assert leases.hold(TWELVE) == dict.fromkeys(TWELVE, 0)


def test_another_incarnation_of_a_topic_is_not_read_from_the_old_position(
    leases: Leases, work: Work[RequestStores]
) -> None:
    leases.hold(TWELVE)
    advance(work, Move(THIRD, 0, 9))
    anew = [Partition("log", "id-2", number) for number in range(12)]
    with pytest.raises(PositionLost) as lost:
        leases.hold(anew)
    assert lost.value.partition == anew[0]
    assert leases.hold(TWELVE)[THIRD] == 9


def test_an_owner_that_is_silent_in_a_batch_is_ended_and_its_locks_are_free(world: World) -> None:
    world.license("office-1", 1_000)
    silent, successor = world.client("a", SHORT_SECONDS), world.client("b", SHORT_SECONDS)
    held(silent)

    def freeze() -> None:
        with silent.worker("c")[1].transaction() as (positions, stores):
            positions.advance([Move(FIRST, 0, 1)])
            tick(stores)
            world.until(lambda: len(held(successor)) == 12, "the successor owns everything")
            with successor.requests() as others:
                tick(others)
            advance(successor.worker("c")[1], Move(FIRST, 0, 5))
            stores.positions.read()

    with pytest.raises(DatabaseUnavailable):
        freeze()
    assert successor.worker("c")[0].hold(TWELVE)[FIRST] == 5


def test_a_silent_owner_of_another_consumer_is_ended_too(world: World) -> None:
    world.license("office-1", 1_000)
    silent, other = world.client("a", SHORT_SECONDS), world.client("b")
    held(silent)

    def freeze() -> None:
        with silent.requests() as stores:
            tick(stores)

            def ended() -> bool:
                held(other, "other")
                return lockable(other)

            world.until(ended, "the silent owner's connection is ended")
            stores.positions.read()

    with pytest.raises(DatabaseUnavailable):
        freeze()


def tick(stores: RequestStores) -> None:
    """Take the load clock, which everybody needs."""
    stores.positions.change([PositionChange("office-1", 1)], {})


def lockable(client: Client) -> bool:
    """Say whether the load clock can be had."""
    try:
        with client.requests() as stores:
            tick(stores)
    except Contention:
        return False
    return True


def test_an_owner_that_is_alive_keeps_its_transaction(world: World) -> None:
    alive, other = world.client("a"), world.client("b")
    held(alive)
    with alive.worker("c")[1].transaction() as (positions, _):
        positions.advance([Move(FIRST, 0, 1)])
        for _ in range(3):
            held(other)
    assert FIRST.number in held(alive)
    assert alive.worker("c")[0].hold(TWELVE)[FIRST] == 1


def test_partitions_are_told_apart_by_the_incarnation_of_their_topic() -> None:
    assert Partition("t", "id-1", 0) != Partition("t", "id-2", 0)


def halted_at(start: int, end: int, body: bytes = b"bad", topic_id: str = "id-1") -> tuple[HaltNote, Record]:
    where = Partition("log", topic_id, 0)
    unread = Unread(start, UnreadReason.UNREADABLE, "it is damaged")
    note = HaltNote(Move(where, start, end), "unreadable", unread.why, len(body), sha256(body).digest())
    return note, Record("log", 0, end - 1, None, (), body, APPENDED, unread)


def note(work: Work[RequestStores], halt: HaltNote) -> bool:
    with work.transaction() as (positions, _):
        return positions.note_halt(halt)


def pass_over(work: Work[RequestStores], halt: HaltNote, record: Record) -> bool:
    with work.transaction() as (positions, _):
        positions.advance([halt.move])
        return positions.pass_over(halt, record, DeadLetterReason.PASSED)


def test_a_standstill_is_passed_only_where_an_operator_was_shown_it(
    world: World, leases: Leases, work: Work[RequestStores]
) -> None:
    leases.hold(TWELVE)
    halt, record = halted_at(0, 3)
    assert note(work, halt) is False
    assert note(work, halt) is False, "nobody has decided"
    world.decide_on_halts("zahra", "sent again")
    assert note(work, halt) is True
    for other in (halted_at(0, 2), halted_at(1, 3), halted_at(0, 3, b"other"), halted_at(0, 3, topic_id="id-2")):
        assert note(work, other[0]) is False, "another end, another start, other bytes, another topic"
    assert pass_over(work, halt, record) is True
    assert leases.hold(TWELVE)[FIRST] == 3
    [letter] = world.letters()
    assert letter.startswith("passed by zahra: sent again; positions 0 to 2, 3 bytes: unreadable: it is damaged")


def test_who_reads_again_finds_a_decision_and_leaves_none(
    world: World, work: Work[RequestStores], leases: Leases
) -> None:
    leases.hold(TWELVE)
    halt, record = halted_at(0, 1)
    note(work, halt)
    world.decide_on_halts("zahra", "sent again")
    pass_over(work, halt, record)
    _, again = world.client("").worker("c")
    anywhere = replace(halt, move=replace(halt.move, partition=replace(FIRST, topic_id="")))
    with again.transaction() as (positions, _):
        assert positions.note_halt(anywhere) is True
        assert positions.pass_over(anywhere, record, DeadLetterReason.PASSED) is False, "it is on record"
    with again.transaction() as (positions, _):
        assert positions.note_halt(replace(anywhere, sha256=sha256(b"new").digest())) is False
    assert world.halts() == 1


def test_a_pass_without_a_decision_says_only_why(world: World, leases: Leases, work: Work[RequestStores]) -> None:
    leases.hold(TWELVE)
    halt, record = halted_at(0, 1)
    with work.transaction() as (positions, _):
        positions.advance([halt.move])
        assert positions.pass_over(halt, record, DeadLetterReason.UNPACKS_TOO_LARGE)
    assert world.letters() == ["position 0, 3 bytes: unreadable: it is damaged"]
