"""Batches that are lost with the connection: smaller and smaller parts, until what is at fault stands alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.runner.losses import LOSSES_OF_ONE, Losses
from consumers.runner.records import Record, Unread, UnreadReason
from tests.memory.broker import APPENDED


def records(count: int, unread: frozenset[int] = frozenset()) -> list[Record]:
    faults = {at: Unread(at, UnreadReason.UNREADABLE, "") for at in unread}
    return [Record("intake", 0, at, None, (), b"x", APPENDED, faults.get(at)) for at in range(count)]


def sizes(losses: Losses, some: list[Record]) -> list[int]:
    return [len(part) for part in losses.parts(some)]


def test_what_was_never_lost_is_one_part() -> None:
    assert sizes(Losses(), records(2_000)) == [2_000]
    assert sizes(Losses(), []) == []


def test_what_cannot_be_read_is_a_part_of_its_own() -> None:
    assert sizes(Losses(), records(6, frozenset({0, 3, 4}))) == [1, 2, 1, 1, 1]


def test_parts_become_smaller_with_every_loss_and_whole_again_with_the_commit() -> None:
    losses, some = Losses(), records(300)
    expected = [300, 256, 64, 16, 4, 1, 1, 1]
    for largest in expected:
        losses.add(some)
        assert max(sizes(losses, some)) == largest
    losses.end(some)
    assert sizes(losses, some) == [300]


def test_only_what_was_lost_comes_in_small_parts() -> None:
    losses, some = Losses(), records(20)
    for _ in range(6):
        losses.add(some[5:7])
    assert sizes(losses, some) == [5, 1, 1, 13]


def test_one_record_is_given_up_when_it_was_lost_alone_and_is_tried_once_more_later() -> None:
    losses, [one, other] = Losses(), records(2)
    for times in range(1, LOSSES_OF_ONE + 1):
        assert not losses.hopeless([one])
        losses.add([one])
        assert losses.hopeless([one]) is (times == LOSSES_OF_ONE)
    assert not losses.hopeless([one]), "once more"
    losses.add([one])
    assert losses.hopeless([one])
    for _ in range(LOSSES_OF_ONE):
        losses.add([one, other])
    assert not losses.hopeless([one, other])


@settings(deadline=None)
@given(
    count=st.integers(1, 60),
    lost=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 9)), max_size=20),
    unread=st.frozensets(st.integers(0, 59), max_size=5),
)
def test_parts_are_all_records_in_their_order(count: int, lost: list[tuple[int, int]], unread: frozenset[int]) -> None:
    losses, some = Losses(), records(count, unread)
    for place, times in lost:
        for _ in range(times):
            losses.add(some[place : place + 1])
    parts = list(losses.parts(some))
    assert [record for part in parts for record in part] == some
    assert all(len(part) == 1 for part in parts if any(record.unread for record in part))


@settings(deadline=None)
@given(count=st.integers(1, 400), poison=st.integers(0, 399))
def test_whatever_lies_around_the_record_at_fault_is_committed(count: int, poison: int) -> None:
    poison %= count
    losses, left, turns = Losses(), records(count), 0
    while True:
        turns += 1
        assert turns < 100, "it comes to an end"
        for part in losses.parts(left):
            if losses.hopeless(part):
                assert [record.position for record in part] == [poison]
                return
            if any(record.position == poison for record in part):
                losses.add(part)
                break
            losses.end(part)
            left = [record for record in left if record not in part]
