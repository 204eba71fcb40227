"""The bench from end to end, on so few requests that its figures say nothing: everything is measured and told."""

import subprocess
import sys

import pytest

from tests.bench.__main__ import LIMITS, NAMES, RATIOS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_every_figure_is_measured_beside_what_stands_for_comparison() -> None:
    command = [sys.executable, "-m", "tests.bench", "--requests", "600", "--runs", "1", "--seconds", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = " ".join(ended.stdout.replace("│", " ").split())
    assert all(name in told for name in NAMES)
    assert told.count("wanted") == len(RATIOS) + len(LIMITS)
    for figure in (
        "routed/s",
        "settled/s",
        "through the bus/s",
        "p50 ms",
        "p99 ms",
        "largest RSS",
        "idle CPU of requests",
    ):
        assert figure in told
