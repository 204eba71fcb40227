"""A demonstration deletes what a demonstration left and nobody uses, and nothing else."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
import typer

from deploy.commands.demo import _begin_anew
from deploy.engines.errors import AlreadyRunning
from deploy.engines.hold import LOCK_FILE, hold
from deploy.engines.instance import Instance
from deploy.problem import Problem
from deploy.running.demonstration import MARKER, mark, note_use, refuse_strange, used_by
from deploy.settings import SETTINGS_FILE

CONTENTS = "kafka/data/segment"


@pytest.fixture
def played(tmp_path: Path) -> Path:
    """A folder as a demonstration leaves it."""
    folder = tmp_path / "demo"
    folder.mkdir()
    mark(folder)
    for name in (CONTENTS, LOCK_FILE, "agencies.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("0", encoding="utf-8")
    (folder / SETTINGS_FILE).write_text(json.dumps({"clock_start": "2026-11-29T04:00:00+00:00"}), encoding="utf-8")
    return folder


class _Person(StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        return True


def play(folder: Path, fresh: bool = False) -> None:
    """Begin anew as the command does."""
    refuse_strange(folder)
    with Instance(folder, judge=partial(_begin_anew, fresh)) as instance:
        instance.clear(keep=MARKER)


def test_a_demonstrations_folder_is_emptied_but_for_lock_and_mark(played: Path) -> None:
    play(played)
    assert {path.name for path in played.iterdir()} == {LOCK_FILE, MARKER, "kafka", "logs", "run"}
    assert list((played / "kafka").iterdir()) == []
    assert used_by(played) is None


def test_a_new_folder_becomes_a_demonstrations(tmp_path: Path) -> None:
    play(tmp_path / "new" / "demo")
    play(tmp_path / "new" / "demo")
    assert (tmp_path / "new" / "demo" / MARKER).exists()


def test_a_link_in_the_folder_is_removed_and_not_followed(played: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").touch()
    (played / "link").symlink_to(mine)
    play(played)
    assert (mine / "letter").exists()
    assert not (played / "link").is_symlink()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_anything_else_is_never_touched(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "letter").write_text("dear", encoding="utf-8")
    with pytest.raises(Problem, match=r"left as it is.*--data ANOTHER"):
        play(tmp_path, fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]
    with pytest.raises(Problem, match=r"is no folder"):
        play(tmp_path / "letter", fresh)


def test_a_folder_in_use_is_left_alone(played: Path) -> None:
    descriptor = hold(played)
    with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}"):
        play(played, fresh=True)
    os.close(descriptor)
    assert (played / CONTENTS).exists()


def test_what_was_done_there_since_is_not_deleted_unasked(played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pishkhan", "up", "--data", str(played)])
    note_use(played)
    monkeypatch.setattr("sys.argv", ["pishkhan", "publish", "-"])
    note_use(played)
    assert str(used_by(played)).startswith("`pishkhan up` at 20"), "the first use is told"
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    with pytest.raises(Problem, match=r"used by `pishkhan up` at .*--fresh.*--data ANOTHER"):
        play(played)
    assert (played / CONTENTS).exists()
    play(played, fresh=True)
    assert not (played / CONTENTS).exists()
    assert used_by(played) is None


@pytest.mark.parametrize("answer", [True, False])
def test_who_sits_there_is_asked(played: Path, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    note_use(played)
    monkeypatch.setattr("sys.stdin", _Person("y\n" if answer else "n\n"))
    if answer:
        play(played)
    else:
        with pytest.raises(typer.Abort):
            play(played)
    assert (played / CONTENTS).exists() != answer


def test_a_bus_that_is_no_demonstration_gets_no_mark(tmp_path: Path) -> None:
    note_use(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stored", [{"kafka_bootstrap": "127.0.0.1:1"}, {"clock_start": "2026-11-29T04:00:00Z"}])
def test_the_empty_mark_of_an_earlier_version_is_judged_by_the_clock(played: Path, stored: dict[str, str]) -> None:
    (played / MARKER).write_text("", encoding="utf-8")
    (played / SETTINGS_FILE).write_text(json.dumps(stored), encoding="utf-8")
    assert (used_by(played) is None) == ("clock_start" in stored)


#: Reading the program takes longest, so that it is read once: who races is forked from who has read it.
RACERS = """
import os, sys, time
from functools import partial
from pathlib import Path
from deploy.commands.demo import _begin_anew
from deploy.running.demonstration import MARKER, refuse_strange
from deploy.engines.errors import AlreadyRunning
from deploy.engines.instance import Instance

def say_and_wait_for(word, gate):
    (beside / f"{number}-{word}").touch()
    while gate and not (beside / gate).exists():
        time.sleep(0.002)

folder, beside, number = Path(sys.argv[1]), Path(sys.argv[2]), 0
for other in range(1, int(sys.argv[3])):
    if not number and not os.fork():
        number = other
say_and_wait_for("ready", "go")
try:
    refuse_strange(folder)
    with Instance(folder, judge=partial(_begin_anew, False)) as instance:
        instance.clear(keep=MARKER)
        (folder / "logs" / "mine").touch()
        say_and_wait_for("played", "end")
        assert (folder / "logs" / "mine").exists()
except AlreadyRunning:
    say_and_wait_for("refused", None)
if not number:
    ends = [os.waitstatus_to_exitcode(os.wait()[1]) for other in range(1, int(sys.argv[3]))]
    assert ends == [0] * len(ends), ends
"""


def test_of_demonstrations_that_begin_at_the_same_moment_one_plays(tmp_path: Path) -> None:
    folder, beside = tmp_path / "demo", tmp_path / "beside"
    beside.mkdir()
    with ExitStack() as stack:
        command = [sys.executable, "-c", RACERS, str(folder), str(beside), str(count := 4)]
        racers = stack.enter_context(subprocess.Popen(command))
        # Whatever becomes of this trial, nobody waits for ever.
        stack.callback((beside / "end").touch)
        stack.callback((beside / "go").touch)
        _until(lambda: len(list(beside.glob("*-ready"))) == count)
        (beside / "go").touch()
        _until(lambda: len(list(beside.glob("*-played"))) + len(list(beside.glob("*-refused"))) == count)
    assert len(list(beside.glob("*-played"))) == 1
    assert racers.returncode == 0


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the racers did not come to their ends"
        time.sleep(0.01)
