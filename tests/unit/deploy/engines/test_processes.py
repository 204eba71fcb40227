"""Children die with their parent, and a record never leads to somebody else's process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.engines.errors import AlreadyRunning
from deploy.engines.instance import Instance
from deploy.processes.processes import ProcessTable, stop_process
from tests.kit.values.heard import heard_in

WAIT_FOREVER = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
IGNORE_TERM = [
    *(sys.executable, "-S", "-c"),
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()",
]


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def silent(line: str) -> None:
    """A report that nobody reads."""


def test_a_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from deploy.processes.processes import ProcessTable\n"
        "child = ProcessTable(Path(sys.argv[1])).spawn('child', sys.argv[2:])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *WAIT_FOREVER], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child_id = int(parent.stdout.readline())
    assert psutil.pid_exists(child_id)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until(lambda: not psutil.pid_exists(child_id) or psutil.Process(child_id).status() == psutil.STATUS_ZOMBIE)


def test_leftovers_are_ended_even_when_they_ignore_the_polite_signal(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path / "run")
    log = tmp_path / "child.log"
    process = table.spawn("stubborn", IGNORE_TERM, log=log)
    until(lambda: "ready" in log.read_text(encoding="utf-8"))
    lines: list[str] = []
    ProcessTable(tmp_path / "run").end_leftovers(heard_in(lines), grace_seconds=0.2)
    process.wait(10)
    assert not psutil.pid_exists(process.pid)
    assert lines == [f"ending stubborn (process {process.pid}), left over from an earlier run"]
    assert list((tmp_path / "run").iterdir()) == []


def test_a_record_whose_number_now_means_another_process_ends_nobody(tmp_path: Path) -> None:
    body = {"name": "kafka", "process_id": os.getpid(), "started_at": psutil.Process().create_time() - 3_600}
    (tmp_path / "kafka.json").write_text(json.dumps(body), encoding="utf-8")
    table = ProcessTable(tmp_path)
    assert table.leftovers() == []
    lines: list[str] = []
    table.end_leftovers(heard_in(lines))
    assert lines == []


def test_a_record_cut_short_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "kafka.json").write_text('{"name": "kaf', encoding="utf-8")
    assert ProcessTable(tmp_path).leftovers() == []


def test_a_stubborn_child_is_killed_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    process = ProcessTable(tmp_path / "run").spawn("stubborn", IGNORE_TERM, log=log)
    until(lambda: "ready" in log.read_text(encoding="utf-8"))
    assert stop_process(process, first=signal.SIGTERM, grace_seconds=0.2) is False
    assert process.returncode == -signal.SIGKILL


def test_a_long_log_is_turned_over_at_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.processes.processes.LOG_BYTES_MAX", 4)
    log = tmp_path / "child.log"
    log.write_text("older", encoding="utf-8")
    ProcessTable(tmp_path / "run").spawn("child", [sys.executable, "-S", "-c", "print('new')"], log=log).wait(20)
    assert log.read_text(encoding="utf-8") == "new\n"
    assert log.with_name("child.log.1").read_text(encoding="utf-8") == "older"


def test_a_data_directory_has_one_holder(tmp_path: Path) -> None:
    with Instance(tmp_path):
        with (
            pytest.raises(AlreadyRunning, match=rf"in use by process {os.getpid()} .*--data ANOTHER"),
            Instance(tmp_path),
        ):
            pass
        with Instance(tmp_path / "another"):
            pass
    with Instance(tmp_path):
        pass


def test_what_lies_in_an_open_data_directory_is_private(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    with Instance(tmp_path) as instance:
        written = instance.directory / "written"
        write = [sys.executable, "-S", "-c", f"open({str(written)!r}, 'w').close()"]
        assert instance.processes.spawn("writer", write).wait(20) == 0
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"lock": 0o600, "kafka": 0o700, "logs": 0o700, "run": 0o700, "written": 0o600}


def test_the_next_holder_ends_what_a_killed_one_left(tmp_path: Path) -> None:
    with Instance(tmp_path) as first:
        process = first.processes.spawn("worker", WAIT_FOREVER)
    lines: list[str] = []
    with Instance(tmp_path, heard_in(lines)):
        process.wait(10)
        assert not psutil.pid_exists(process.pid)
    assert lines == [f"ending worker (process {process.pid}), left over from an earlier run"]
