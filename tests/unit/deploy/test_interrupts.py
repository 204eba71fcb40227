"""Ctrl-C and its like: no signal is lost, none reaches a library that calls back, and commands end in one line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Event, current_thread, main_thread

import pytest

from deploy import early
from deploy.cli import main
from deploy.exits import ExitCode
from deploy.interrupts import Terminated, aside, ignore_signals, interrupted_by_signals, raise_if_interrupted
from deploy.mistakes import PREFIX

NOBODY = "127.0.0.1:1"
#: Moments after a program has begun to listen for signals: in its imports, at its beginning, and in its work.
MOMENTS = sorted(Random(1405).uniform(0.0, 2.0) for _ in range(6))


@pytest.fixture
def signals() -> Iterator[None]:
    with interrupted_by_signals():
        yield


@pytest.mark.parametrize(
    ("number", "kind"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)],
)
def test_every_signal_ends_the_block_and_handlers_are_put_back(number: int, kind: type[BaseException]) -> None:
    before = signal.getsignal(number)
    with pytest.raises(kind), interrupted_by_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


@pytest.mark.usefixtures("signals")
def test_a_signal_whose_exception_was_dropped_is_noticed_at_the_next_wait() -> None:
    raise_if_interrupted()
    # As a finalizer or a callback from C drops it.
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        raise_if_interrupted()
    with pytest.raises(KeyboardInterrupt):
        aside(lambda: None, Event())


def test_a_signal_of_an_earlier_block_is_none_of_the_next() -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_by_signals():
        signal.raise_signal(signal.SIGINT)
    with interrupted_by_signals():
        raise_if_interrupted()


@pytest.mark.usefixtures("signals")
def test_work_aside_is_told_to_stop_waited_for_and_never_interrupted_itself() -> None:
    stop = Event()
    seen: list[object] = []

    def work() -> None:
        seen.append(current_thread() is main_thread())
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait()
        # A second one, while everything ends, changes nothing.
        os.kill(os.getpid(), signal.SIGINT)
        seen.append("ended in order")

    with pytest.raises(KeyboardInterrupt):
        aside(work, stop)
    assert seen == [False, "ended in order"]


@pytest.mark.usefixtures("signals")
def test_work_aside_returns_and_raises_as_if_it_were_done_here() -> None:
    assert aside(lambda: 7, Event()) == 7

    def failing() -> None:
        raise ValueError("what failed")

    with pytest.raises(ValueError, match="what failed"):
        aside(failing, Event())


@pytest.mark.usefixtures("signals")
def test_while_everything_ends_signals_are_not_heard() -> None:
    ignore_signals()
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    raise_if_interrupted()


def test_the_codes_that_are_given_before_the_table_is_read_are_its_own() -> None:
    assert (early.INTERRUPTED, early.DONE) == (ExitCode.INTERRUPTED, ExitCode.DONE)


def listens(process_id: int, number: int) -> bool:
    """Whether a process has a handler for this signal."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def ended(tmp_path: Path, words: list[str], number: int, after_seconds: float) -> tuple[int, list[str]]:
    """How a command ends that gets a signal so long after it began, and what it says on its error output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        "PISHKHAN_DATA_DIRECTORY": str(tmp_path / "data"),
        "PISHKHAN_KAFKA_BOOTSTRAP": NOBODY,
        "PISHKHAN_DATABASE_URL": f"postgresql://nobody@{NOBODY}/none",
        "PISHKHAN_ROUTING_SECRET": "secret",
        "PISHKHAN_METRICS_PORT": "47010",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    )
    while process.poll() is None and not listens(process.pid, signal.SIGTERM):
        time.sleep(0.005)
    moment = time.monotonic() + after_seconds
    while time.monotonic() < moment:
        time.sleep(0.005)
    process.send_signal(number)
    # Its own waits are short, and its input stays open: only the signal ends it.
    code = process.wait(60)
    assert process.stderr is not None
    said = process.stderr.read().splitlines()
    for pipe in (process.stdin, process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()
    return code, said


@pytest.mark.parametrize("after_seconds", MOMENTS, ids=lambda moment: f"{moment:.2f}")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_command_ends_in_one_line(number: signal.Signals, after_seconds: float, tmp_path: Path) -> None:
    code, said = ended(tmp_path, ["publish", "-"], number, after_seconds)
    assert code == ExitCode.INTERRUPTED, said
    assert len(said) == 1
    assert said[0].startswith("Interrupted")


def test_it_is_said_in_the_language_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.cli.build", interrupted)
    for language, said in (("en", "Interrupted.\n"), ("fa", "قطع شد.\n")):
        monkeypatch.setattr(sys, "argv", ["pishkhan", "publish", "-", "--lang", language])
        with pytest.raises(SystemExit) as ended_by:
            main()
        assert ended_by.value.code == ExitCode.INTERRUPTED
        assert capsys.readouterr().err == said


@pytest.mark.parametrize("after_seconds", MOMENTS, ids=lambda moment: f"{moment:.2f}")
def test_a_worker_that_is_ended_as_soon_as_it_began_has_done_what_was_asked(
    after_seconds: float, tmp_path: Path
) -> None:
    code, said = ended(tmp_path, ["worker", "relay"], signal.SIGTERM, after_seconds)
    assert code == ExitCode.DONE, said
    assert [line for line in said if not line.startswith("{")] == []
