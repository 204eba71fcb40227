"""Whose turn it is: whatever the arrival, each subject's events are taken once and in their order."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.in_order import InOrder, Turn

ARRIVALS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 8)), max_size=60)


def taken(order: InOrder[tuple[str, int]], arrivals: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the arrivals in the order in which they are taken."""
    done: list[tuple[str, int]] = []

    def take(arrival: tuple[str, int]) -> None:
        order.take(*arrival)
        done.append(arrival)

    for arrival in arrivals:
        match order.turn(*arrival):
            case Turn.EARLY:
                order.wait(*arrival, arrival)
            case Turn.NEXT:
                take(arrival)
                for sequence, waiting in order.due(arrival[0]):
                    take(waiting)
                    order.forget(arrival[0], sequence)
            case Turn.PAST:
                pass
    return done


@given(ARRIVALS)
def test_each_subject_is_taken_from_its_first_place_up_to_its_first_gap(arrivals: list[tuple[str, int]]) -> None:
    order = InOrder[tuple[str, int]]()
    done = taken(order, arrivals)
    for subject in "ab":
        there = {sequence for name, sequence in arrivals if name == subject}
        whole = next(place for place in range(1, 10) if place not in there) - 1
        assert [sequence for name, sequence in done if name == subject] == list(range(1, whole + 1))
        assert {place for name, place in order.waiting() if name == subject} == {one for one in there if one > whole}


def test_what_was_taken_before_it_began_is_past() -> None:
    order = InOrder[str]({"a": 3})
    assert [order.turn("a", place) for place in (1, 3, 4, 5)] == [Turn.PAST, Turn.PAST, Turn.NEXT, Turn.EARLY]
    assert order.turn("b", 1) is Turn.NEXT


def test_what_waits_is_past_until_it_is_forgotten() -> None:
    order = InOrder[str]()
    order.wait("a", 3, "third")
    assert order.turn("a", 3) is Turn.PAST
    order.forget("a", 3)
    order.forget("b", 9)
    assert order.turn("a", 3) is Turn.EARLY


def test_one_that_stays_untaken_ends_what_is_due() -> None:
    order = InOrder[str]({"a": 1})
    order.wait("a", 2, "second")
    order.wait("a", 3, "third")
    assert list(order.due("a")) == [(2, "second")]


def test_a_lower_place_takes_nothing_back() -> None:
    order = InOrder[str]({"a": 5})
    order.take("a", 2)
    assert order.last == {"a": 5}
    assert order.follows("a", 6)
    assert not order.follows("a", 7)
