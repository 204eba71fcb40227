"""What fails in a sweep is found by halving, and undone and set aside alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.errors import BrokerUnavailable, Collision, Contention, DatabaseUnavailable
from consumers.sweeping import do_divided


class Work:
    """Does numbers, in attempts that are undone when they fail; `bad` ones fail with `error`."""

    def __init__(self, bad: frozenset[int], error: Exception | None = None) -> None:
        self.bad = bad
        self.error = error or ValueError("bad")
        self.done: list[int] = []
        self.aside: list[int] = []
        self.attempts = 0

    @contextmanager
    def attempt(self) -> Iterator[None]:
        before = list(self.done)
        self.attempts += 1
        try:
            yield
        except Exception:
            self.done = before
            raise

    def act(self, numbers: Sequence[int]) -> int:
        for number in numbers:
            self.done.append(number)
            if number in self.bad:
                raise self.error
        return len(numbers)

    def set_aside(self, number: int, error: Exception) -> None:
        assert error is self.error
        assert self.done == [], "what was tried is undone, and what is done comes last"
        self.aside.append(number)

    def sweep(self, numbers: Sequence[int]) -> int:
        return do_divided(numbers, self.attempt, self.act, self.set_aside) or 0


@given(st.lists(st.integers(0, 40), unique=True, max_size=30), st.frozensets(st.integers(0, 40)))
def test_everything_is_done_in_order_but_for_what_fails(numbers: list[int], bad: frozenset[int]) -> None:
    work = Work(bad)
    assert work.sweep(numbers) == len(work.done)
    assert work.done == [number for number in numbers if number not in bad]
    assert work.aside == [number for number in numbers if number in bad]


def test_what_does_not_fail_costs_one_attempt() -> None:
    work = Work(frozenset())
    work.sweep(range(500))
    assert work.attempts == 1
    assert work.sweep([]) == 0
    assert work.attempts == 1


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), BrokerUnavailable("away"), Contention("locked")])
def test_what_is_nobodys_fault_sets_nobody_aside(error: Exception) -> None:
    work = Work(frozenset({3}), error)
    with pytest.raises(type(error)):
        work.sweep(range(8))
    assert (work.done, work.aside) == ([], [])


def test_what_fails_with_several_and_with_none_alone_is_raised() -> None:
    work = Work(frozenset())
    plain = work.act

    def act(numbers: Sequence[int]) -> int:
        if len(numbers) > 2:
            raise ValueError("too many")
        return plain(numbers)

    with pytest.raises(ValueError, match="too many"):
        do_divided(range(4), work.attempt, act, work.set_aside)
    assert (work.done, work.aside) == ([], [])


def test_a_row_that_is_there_already_is_somebodys_fault() -> None:
    work = Work(frozenset({3}), Collision("twice"))
    assert work.sweep(range(8)) == 7
    assert work.aside == [3]
