"""`pishkhan up` as a person meets it: starts, survives kills, stops in order, leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.engines.instance import Instance
from deploy.exits import ExitCode
from deploy.mistakes import PREFIX
from deploy.processes.processes import ProcessTable
from deploy.running.demonstration import mark
from deploy.workers.table import worker_names
from tests.kit.real import warm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

RUNS = "The bus runs."


class Up:
    """One `pishkhan up` process, and what it has said."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self.log = log
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with log.open("wb") as output:
            command = [sys.executable, "-m", "deploy.cli", "up", "--data", str(data)]
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def says(self, words: str, seconds: float = 200.0) -> None:
        until(lambda: words in self.said() or self.process.poll() is not None, seconds)
        assert words in self.said(), self.said()

    def children(self) -> dict[str, int]:
        return {entry.name: entry.process_id for entry in ProcessTable(self.data / "run").leftovers()}

    def kill(self) -> None:
        """Kill it; each of its children dies with it."""
        children = [psutil.Process(number) for number in self.children().values()]
        assert len(children) == 2 + len(worker_names())
        self.process.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(children, timeout=60)
        assert alive == []

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.1)


def doctor(data: Path) -> subprocess.CompletedProcess[str]:
    return warm.run(["doctor", "--data", str(data)], os.environ, seconds=60)


def demo(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Play a small demonstration in the folder, where nobody can be asked."""
    words = ["demo", "--data", str(data), "--requests", "1", *options]
    return warm.run(words, {**os.environ, "COLUMNS": "1000"}, seconds=200)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Up]]:
    """Starts an `up` on the folder of the given name; whatever still runs at the end is killed."""
    started: list[Up] = []

    def start_one(name: str) -> Up:
        started.append(Up(tmp_path / name, tmp_path / f"{name}-{len(started)}.log"))
        return started[-1]

    yield start_one
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_it_runs_is_in_order_survives_kills_starts_again_and_stops_clean(
    start: Callable[[str], Up], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    # As a demonstration leaves it: what is done there from now on is more than that.
    mark(data)
    up = start("data")
    up.says(RUNS)
    assert set(up.children()) == {"kafka", "postgres", *worker_names()}

    outcome = doctor(up.data)
    assert outcome.returncode == 0, outcome.stdout
    assert 'All that was asked is in order; lines "not asked" say what was not.' in outcome.stdout
    assert "reconcile has never said anything here" in outcome.stdout

    nobody_else_takes_the_folder(start, up)

    beside = start("beside")
    beside.says(RUNS)
    assert broker_of(up) != broker_of(beside)
    up.kill()
    what_was_done_is_kept_from_demonstrations(data)

    again = start("data")
    again.says(RUNS)
    assert broker_of(again) == broker_of(up)
    assert doctor(again.data).returncode == 0
    assert doctor(beside.data).returncode == 0
    assert beside.stop() == 0

    a_killed_worker_comes_back(again, again.children()["settlement"])
    last = again.children()
    assert again.stop() == 0
    assert again.said().rstrip().endswith("stopped")
    assert again.said().count("was killed") == 0
    assert not any(psutil.pid_exists(number) for number in last.values())
    assert doctor(again.data).returncode == ExitCode.DIFFERS


def broker_of(up: Up) -> str:
    broker = re.search(r"broker +(\S+)", up.said())
    assert broker is not None
    return broker[1]


def nobody_else_takes_the_folder(start: Callable[[str], Up], up: Up) -> None:
    second = start("data")
    assert second.process.wait(120) == 1
    assert re.search(rf"in use by process {up.process.pid} .*--data ANOTHER", second.said())
    refused = demo(up.data)
    assert refused.returncode == ExitCode.PROBLEM
    since = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.search(
        rf"in use by process {up.process.pid} \(`cli.py up`, {since}\)\. .*Ctrl-C.*--data ANOTHER", refused.stderr
    )
    assert demo(up.data, "--fresh").returncode == ExitCode.PROBLEM
    assert doctor(up.data).returncode == 0


def a_killed_worker_comes_back(up: Up, settlement: int) -> None:
    os.kill(settlement, signal.SIGKILL)
    up.says("settlement was ended by SIGKILL; starting it again")
    until(lambda: up.children().get("settlement", settlement) != settlement, 90)
    until(lambda: doctor(up.data).returncode == 0, 120)


def what_was_done_is_kept_from_demonstrations(data: Path) -> None:
    contents = sorted(path.name for path in data.iterdir())
    refused = demo(data)
    assert refused.returncode == ExitCode.PROBLEM
    assert re.search(r"used by `cli.py up` at .*Nothing was deleted.*--fresh.*--data ANOTHER", refused.stderr)
    assert sorted(path.name for path in data.iterdir()) == contents
    with Instance(data):
        pass
