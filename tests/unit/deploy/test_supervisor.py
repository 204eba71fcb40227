"""Children are kept running, and stopped stage by stage."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from deploy.processes.supervisor import Child, Supervisor, describe_end, restart_delay_seconds
from tests.kit.values.heard import heard_in


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def writing(path: Path, *, on_term: str = "sys.exit(0)") -> Callable[[], subprocess.Popen[bytes]]:
    """A child that appends its number to `path` when it is up and its name when it is asked to end."""
    script = (
        "import os, signal, sys\n"
        f"def note(text):\n    with open({str(path)!r}, 'a') as file: print(text, file=file)\n"
        f"def ended(*_):\n    note('ended {path.stem}')\n    {on_term}\n"
        "signal.signal(signal.SIGTERM, ended)\nnote(os.getpid())\n"
        "while True: signal.pause()"
    )
    return lambda: subprocess.Popen([sys.executable, "-S", "-c", script])


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_a_killed_child_is_started_again_and_said_so(tmp_path: Path) -> None:
    path, said = tmp_path / "worker", list[str]()
    supervisor = Supervisor([Child("worker", writing(path), 1, log="worker.log")], heard_in(said), Random(1))
    supervisor.start()
    try:
        until(lambda: len(lines(path)) == 1)
        os.kill(int(lines(path)[0]), signal.SIGKILL)
        until(lambda: len(lines(path)) == 2)
        assert supervisor.process_ids() == {"worker": int(lines(path)[1])}
    finally:
        supervisor.stop()
    assert said[0].startswith("worker was ended by SIGKILL; starting it again in 0.")
    assert said[0].endswith("s; see worker.log")
    assert lines(path)[2:] == ["ended worker"]
    assert supervisor.process_ids() == {}


def test_chores_are_done_and_one_that_fails_stops_nothing() -> None:
    done: list[str] = []

    def fails() -> None:
        done.append("failed")
        raise PermissionError

    supervisor = Supervisor([], heard_in(done), Random(1), [fails, lambda: done.append("did")])
    supervisor.start()
    try:
        until(lambda: len(done) == 2)
    finally:
        supervisor.stop()
    assert done == ["failed", "did"]


def test_a_child_that_cannot_be_started_does_not_stop_the_others(tmp_path: Path) -> None:
    path, said = tmp_path / "worker", list[str]()

    def absent() -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(tmp_path / "no-such-program")])

    supervisor = Supervisor([Child("absent", absent, 1), Child("worker", writing(path), 1)], heard_in(said), Random(1))
    supervisor.start()
    try:
        until(lambda: len(lines(path)) == 1 and len(said) >= 1)
    finally:
        supervisor.stop()
    assert said[0].startswith("absent could not be started:")


def test_later_stages_end_before_earlier_ones_begin_to(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    slow_end = "import time; time.sleep(0.3); note('worker is done'); sys.exit(0)"
    engine = Child("engine", writing(journal, on_term="note('engine is done'); sys.exit(0)"), 0)
    worker = Child("worker", writing(journal, on_term=slow_end), 1)
    supervisor = Supervisor([engine, worker], heard_in([]), Random(1))
    supervisor.start()
    until(lambda: len(lines(journal)) == 2)
    supervisor.stop()
    assert [line for line in lines(journal) if line.endswith("done")] == ["worker is done", "engine is done"]


def test_a_child_that_does_not_end_is_killed_after_its_grace(tmp_path: Path) -> None:
    path, said = tmp_path / "worker", list[str]()
    stubborn = Child("stubborn", writing(path, on_term="pass"), 1, grace_seconds=0.2)
    supervisor = Supervisor([stubborn], heard_in(said), Random(1))
    supervisor.start()
    until(lambda: len(lines(path)) == 1)
    supervisor.stop()
    assert said == ["stubborn did not end within 0 s and was killed"]


def test_an_adopted_process_is_looked_after_too(tmp_path: Path) -> None:
    path = tmp_path / "engine"
    spawn = writing(path)
    process = spawn()
    supervisor = Supervisor([Child("engine", spawn, 0, adopted=process)], heard_in([]), Random(1))
    supervisor.start()
    try:
        until(lambda: len(lines(path)) == 1)
        assert supervisor.process_ids() == {"engine": process.pid}
        process.kill()
        until(lambda: len(lines(path)) == 2)
    finally:
        supervisor.stop()


def test_stopping_before_starting_leaves_nothing_to_wait_for() -> None:
    Supervisor([], heard_in([]), Random(1)).stop()


def test_delays_double_up_to_a_cap_and_are_spread() -> None:
    random = Random(1)
    for failures, whole in ((1, 0.5), (2, 1.0), (5, 8.0), (7, 30.0), (2_000, 30.0)):
        delays = [restart_delay_seconds(failures, random) for _ in range(200)]
        assert whole / 2 <= min(delays) < max(delays) <= whole
    assert len({restart_delay_seconds(1, random) for _ in range(10)}) == 10


def test_ends_are_told_in_words() -> None:
    assert describe_end(3).en == "ended with code 3"
    assert describe_end(-signal.SIGSEGV).en == "was ended by SIGSEGV"
    assert describe_end(-200).en == "was ended by signal 200"
