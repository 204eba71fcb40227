"""A command from the warm process is the program: its words, its ends, its own variables, signals and pipes."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from deploy.exits import ExitCode
from tests.kit.on_sql.databases import wait_until
from tests.kit.real import warm


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    warm.launcher(folder)
    return folder


def installed(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("pishkhan")
    return subprocess.run(
        [program, *words], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        ["reasons", "--help"],
        ["nonsense"],
        ["explain", "x", "--lang", "fa"],
        ["publish", "-"],
        ["ledger", "verify"],
    ],
    ids=" ".join,
)
def test_it_says_and_ends_as_the_installed_program(words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "PISHKHAN_DATA_DIRECTORY": str(tmp_path / "nowhere"), "COLUMNS": "100"}
    there, here = installed(*words, environment=environment), warm.run(words, environment)
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)


def test_each_has_its_own_variables_and_folder(programs: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PISHKHAN_LOG_LEVEL": "loud"}
    assert "loud" in warm.run(["requests", "list"], environment).stderr
    assert "loud" not in warm.run(["requests", "list"], os.environ).stderr
    ended = subprocess.run([programs / "pishkhan", "schemas", "export", "here"], cwd=tmp_path, check=False)
    assert ended.returncode == 0
    assert (tmp_path / "here").is_dir()


def test_a_shell_sees_exit_codes_and_pipes(programs: Path) -> None:
    script = f'{programs}/pishkhan nonsense; echo "$?"; {programs}/pishkhan --help | head -c 1 | wc -c'
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.stdout.split(), ended.stderr.count("\n")) == (["2", "1"], 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_it(number: signal.Signals, programs: Path, tmp_path: Path) -> None:
    nobody = "127.0.0.1:9"
    environment = {
        **os.environ,
        "PISHKHAN_DATA_DIRECTORY": str(tmp_path / "data"),
        "PISHKHAN_KAFKA_BOOTSTRAP": nobody,
        "PISHKHAN_DATABASE_URL": f"postgresql://nobody@{nobody}/none",
        "PISHKHAN_ROUTING_SECRET": "secret",
    }
    reads, writes = os.pipe()
    # A line that it takes, and more may come: only the signal ends it.
    os.write(writes, b"\n")
    command = subprocess.Popen(
        [programs / "pishkhan", "publish", "-"], stdin=reads, stderr=subprocess.PIPE, env=environment
    )
    try:
        wait_until(lambda: _waiting(reads) == 0, "the command to read its input", 60)
        command.send_signal(number)
        _, said = command.communicate(timeout=60)
    finally:
        command.kill()
        command.wait()
        os.close(reads)
        os.close(writes)
    assert (command.returncode, b"Traceback" in said) == (ExitCode.INTERRUPTED, False), said


def _waiting(pipe: int) -> int:
    """Return how many bytes nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
