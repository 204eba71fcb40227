"""When cycles are looked for."""

import gc
from collections.abc import Iterator

import pytest

from consumers.runner.collector import BATCHES_MAX, LOOKS_PER_GENERATION, CycleCollector


@pytest.fixture
def looks() -> Iterator[list[int]]:
    """The generations that were looked through, as they are."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    # Nothing is due by itself between here and what takes the looking over.
    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def test_cycles_are_looked_for_as_soon_as_there_is_time(looks: list[int]) -> None:
    collector = CycleCollector()
    with collector.by_hand():
        collector.rest(backlog=False)
        collector.rest(backlog=False)
        assert looks == [0, 0]


def test_a_backlog_puts_it_off_and_not_for_ever(looks: list[int]) -> None:
    collector = CycleCollector()
    with collector.by_hand():
        for _ in range(BATCHES_MAX - 1):
            collector.rest(backlog=True)
        assert looks == []
        collector.rest(backlog=True)
        assert looks == [0]


def test_what_survives_is_looked_at_seldom(looks: list[int]) -> None:
    collector = CycleCollector()
    with collector.by_hand():
        for _ in range(LOOKS_PER_GENERATION**2):
            collector.rest(backlog=False)
        assert looks.count(2) == 1
        assert looks.count(1) == LOOKS_PER_GENERATION - 1
        assert len(looks) == LOOKS_PER_GENERATION**2


def test_nobody_else_looks_meanwhile_and_python_does_afterwards() -> None:
    with CycleCollector().by_hand():
        assert not gc.isenabled()
    assert gc.isenabled()
