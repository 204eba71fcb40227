"""Shares of a turn: a topic that is alone takes it whole, one among others only its part."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.records import Record
from consumers.runner.shares import Share, TurnShares

SHARE = Share(records=5, bytes=100, lately_seconds=10.0, step=2)


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def records(topic: str, count: int, size: int = 1) -> list[Record]:
    moment = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    return [Record(topic, 0, number, b"k", (), b"x" * size, moment) for number in range(count)]


def shares(time: Time | None = None) -> TurnShares:
    return TurnShares(SHARE, time or Time())


def test_a_topic_that_is_alone_takes_whole_turns() -> None:
    one = shares()
    assert one.charge(records("flood", 500, 1_000)) == frozenset()
    assert not one.contended


def test_a_topic_beside_another_has_had_enough_after_its_share_of_records() -> None:
    two = shares()
    two.charge(records("quiet", 1))
    assert two.charge(records("flood", 4)) == frozenset()
    assert two.contended
    assert two.charge(records("flood", 1)) == {"flood"}


def test_large_records_use_a_share_up_sooner() -> None:
    two = shares()
    two.charge(records("quiet", 1))
    assert two.charge(records("flood", 2, 50)) == {"flood"}


def test_a_new_turn_gives_everybody_the_whole_share_anew() -> None:
    two = shares()
    two.charge([*records("quiet", 1), *records("flood", 5)])
    two.begin()
    assert two.charge(records("flood", 4)) == frozenset()
    assert two.charge(records("flood", 1)) == {"flood"}


def test_whoever_was_silent_for_a_while_shares_no_turn() -> None:
    time = Time()
    two = shares(time)
    two.charge([*records("quiet", 1), *records("flood", 5)])
    assert two.charge(()) == {"flood"}
    time.seconds = 10.0
    two.begin()
    assert two.charge(records("flood", 50)) == frozenset()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.integers(0, 40)), max_size=60))
def test_nobody_exceeds_its_share_by_more_than_what_came_at_once(steps: list[tuple[str, int, int]]) -> None:
    both = shares()
    both.charge([*records("a", 1, 0), *records("b", 1, 0)])
    both.begin()
    had: dict[str, tuple[int, int]] = {}
    enough: frozenset[str] = frozenset()
    for topic, count, size in steps:
        if topic in enough:
            continue
        enough = both.charge(records(topic, count, size))
        before = had.get(topic, (0, 0))
        assert before[0] < SHARE.records
        assert before[1] < SHARE.bytes
        had[topic] = before[0] + count, before[1] + count * size
