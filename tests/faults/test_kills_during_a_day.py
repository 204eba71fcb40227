"""`kill -9` of workers and engines' clients while a day is played, from a seed; then the books, again and again.

`PISHKHAN_KILLS` sets how many kills a run makes (default: each worker once); `make days` makes many.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.mistakes import PREFIX
from deploy.processes.processes import ProcessTable
from deploy.workers.table import worker_names

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("PISHKHAN_KILLS", len(worker_names())))
SECONDS_BETWEEN_KILLS = 3.0


def pishkhan(*words: str) -> list[str]:
    return [sys.executable, "-m", "deploy.cli", *words]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def kill_as_planned(day: subprocess.Popen[bytes], data: Path, log: Path, seed: int) -> list[str]:
    """Kill one worker after another while the day runs; return the names of those that were killed."""
    chance = random.Random(seed)
    names = [name for _ in range(KILLS // len(worker_names()) + 1) for name in chance.sample(worker_names(), 5)]
    killed: list[str] = []
    deadline = time.monotonic() + 300
    while "rial posted" not in log.read_text(encoding="utf-8"):
        assert day.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, "the day did not begin"
        time.sleep(0.2)
    for name in names[:KILLS]:
        alive = {entry.name: entry.process_id for entry in ProcessTable(data / "run").leftovers()}
        if name in alive and day.poll() is None:
            os.kill(alive[name], signal.SIGKILL)
            killed.append(name)
        try:
            day.wait(SECONDS_BETWEEN_KILLS * chance.uniform(0.5, 1.5))
        except subprocess.TimeoutExpired:
            continue
        break
    return killed


@pytest.mark.parametrize("seed", [1405])
def test_the_books_of_a_day_with_kills_agree(seed: int, tmp_path: Path) -> None:
    data, log, report = tmp_path / "data", tmp_path / "demo.log", tmp_path / "report.json"
    seconds = str(max(25.0, 4.0 * KILLS))
    words = ("demo", "--data", str(data), "--seed", str(seed), "--requests", "600", "--seconds", seconds)
    with log.open("wb") as output:
        day = subprocess.Popen(
            pishkhan(*words, "--no-replay", "--report", str(report)),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
    try:
        killed = kill_as_planned(day, data, log, seed)
        assert day.wait(600) == 0, log.read_text(encoding="utf-8")
    finally:
        if day.poll() is None:
            day.terminate()
            day.wait(90)
    said = log.read_text(encoding="utf-8")
    assert killed, "nothing was killed: the day was over too soon"
    assert said.count("was ended by SIGKILL") >= len(killed)
    books = json.loads(report.read_text(encoding="utf-8"))
    requests, ledger = books["requests"], books["ledger"]
    assert requests["submitted"] == 600
    assert requests["submitted"] == requests["routed"] + requests["refused"] + requests["parked"]
    assert ledger["held_rial"] == ledger["posted_rial"] + ledger["voided_rial"] + ledger["still_held_rial"]
    assert ledger["held_rial"] > 0
    assert ledger["sum_rial"] == 0
    assert "The books agree." in said
