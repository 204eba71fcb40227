"""One holder of a data folder, who is named; and a killed one bars nobody."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.engines.errors import AlreadyRunning
from deploy.engines.hold import LOCK_FILE, hold, own_command

HOLDER = """
import sys, time
from pathlib import Path
from deploy.engines.hold import hold
hold(Path(sys.argv[2]))
print("held", flush=True)
time.sleep(600)
"""


def test_who_comes_second_is_told_who_has_it_since_when_and_what_to_do(tmp_path: Path) -> None:
    descriptor = hold(tmp_path)
    try:
        with pytest.raises(AlreadyRunning) as refused:
            hold(tmp_path)
    finally:
        os.close(descriptor)
    said = str(refused.value)
    assert f"process {os.getpid()} (`{own_command()}`, since 20" in said
    assert "Ctrl-C" in said
    assert "--data ANOTHER" in said
    os.close(hold(tmp_path))


@pytest.mark.parametrize("note", ["", "4711\n", '{"process_id": 1, "command": "pishkhan up", "since": "2026"}', "\0\0"])
def test_what_a_lock_file_says_bars_nobody(tmp_path: Path, note: str) -> None:
    (tmp_path / LOCK_FILE).write_text(note, encoding="utf-8")
    os.close(hold(tmp_path))


@pytest.mark.parametrize(("note", "shown"), [("4711\n", "process 4711"), ("", "a process that has just begun")])
def test_a_holder_of_an_earlier_version_or_one_that_has_not_written_yet_is_told(
    tmp_path: Path, note: str, shown: str
) -> None:
    descriptor = hold(tmp_path)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note.encode(), 0)
    with pytest.raises(AlreadyRunning, match=f"in use by {shown}"):
        hold(tmp_path)
    os.close(descriptor)


def test_a_killed_holder_frees_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, "up", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=rf"process {process.pid} \(`-c up`"):
            hold(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    os.close(hold(tmp_path))


def test_a_folder_that_is_deleted_meanwhile_is_held_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    lock = fcntl.flock

    def delete_then_lock(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        shutil.rmtree(folder)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", delete_then_lock)
    descriptor = hold(folder)
    with pytest.raises(AlreadyRunning):
        hold(folder)
    os.close(descriptor)


def test_options_are_not_noted_for_they_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/opt/bin/pishkhan", "up", "--database", "postgresql://worker:secret@db/x"])
    assert own_command() == "pishkhan up"
    monkeypatch.setattr("sys.argv", ["/opt/bin/pishkhan", "--database=postgresql://worker:secret@db/x"])
    assert own_command() == "pishkhan"
