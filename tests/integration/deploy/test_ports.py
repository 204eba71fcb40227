"""Blocks of ports that instances hold side by side."""

import random
import socket
from pathlib import Path

import pytest

from deploy.engines.kept import Kept
from deploy.engines.port_block import PORT_STEP, port_block
from deploy.problem import Problem
from deploy.processes.processes import choose_port

pytestmark = pytest.mark.integration

OFFSETS = (0, 1, 2)


@pytest.fixture
def first() -> int:
    """Return where to look for blocks: somewhere else for every test, below the ports that clients are given."""
    return random.randrange(21_000, 31_000, PORT_STEP)


def test_no_port_is_chosen_that_is_promised_already(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept")
    for name in ("broker_port", "controller_port"):
        kept.keep(name, 41_234)
    assert kept.numbers_beside("broker_port") == {41_234}
    assert choose_port(41_234, promised=kept.numbers_beside("broker_port")) != 41_234
    promised = frozenset(range(1_025, 65_536, 4))
    assert promised.isdisjoint(choose_port(None, promised=promised) for _ in range(50))


def test_two_instances_that_start_at_the_same_moment_have_blocks_of_their_own(tmp_path: Path, first: int) -> None:
    """Neither has a worker on its ports yet when the other one looks."""
    with (
        port_block(Kept(tmp_path / "one"), first, OFFSETS) as one,
        port_block(Kept(tmp_path / "two"), first, OFFSETS) as two,
    ):
        assert abs(one - two) >= PORT_STEP


def test_a_block_with_a_taken_port_is_passed_over(tmp_path: Path, first: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", first + OFFSETS[-1]))
        other.listen()
        with port_block(Kept(tmp_path / "kept"), first, OFFSETS) as start:
            assert start != first


def test_an_instance_comes_back_to_its_block(tmp_path: Path, first: int) -> None:
    with (
        port_block(Kept(tmp_path / "other"), first, OFFSETS),
        port_block(Kept(tmp_path / "kept"), first, OFFSETS) as before,
    ):
        assert before != first
    with port_block(Kept(tmp_path / "kept"), first, OFFSETS) as after:
        assert after == before


def test_when_no_block_is_free_the_remedy_is_named(tmp_path: Path) -> None:
    with (
        port_block(Kept(tmp_path / "one"), 64_990, OFFSETS),
        pytest.raises(Problem, match="PISHKHAN_METRICS_PORT"),
        port_block(Kept(tmp_path / "two"), 64_990, OFFSETS),
    ):
        raise AssertionError("there was no second block")
