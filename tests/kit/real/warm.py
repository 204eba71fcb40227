"""`pishkhan` without the second that reading it takes: forked from a process that has read it, and has done no more.

Each command is a process of its own, as ever, with its own words, folder, variables, input and outputs, and whatever it
says and ends with is the program's (`deploy.cli.main`). Only its start is cheaper. This is for commands that end by
themselves; tests of starts, signals and ends start the program as it is installed.
"""

import atexit
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.kit.real import fork_warm, launch_warm

START_SECONDS_MAX = 120.0
ROOT = Path(__file__).parents[3]


def run(
    words: Sequence[str], environment: Mapping[str, str], said: str | None = None, seconds: float = 240.0
) -> subprocess.CompletedProcess[str]:
    """Run a command, and return what it said. Raises `TimeoutError`; the command is killed then."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((said or "").encode())
        given.seek(0)
        files = [given.fileno(), out.fileno(), err.fileno()]
        with launch_warm.ask(address(), words, environment, files) as line:
            line.settimeout(seconds)
            launch_warm.number(line)
            code = launch_warm.number(line)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["pishkhan", *words], code, out.read().decode(), err.read().decode())


def launcher(folder: Path) -> None:
    """Write a program `pishkhan` into `folder` that does the same for a shell."""
    program, installed = folder / "pishkhan", Path(sys.executable).with_name("pishkhan")
    program.write_text(
        "#!/bin/sh\n"
        f'case " {" ".join(fork_warm.NOT_WARM)} " in *" $1 "*) exec "{installed}" "$@";; esac\n'
        f'exec "{sys.executable}" -I -S "{launch_warm.__file__}" "{address()}" "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)


@cache
def address() -> str:
    """Start the warm process, which ends with this one, and return where it is asked."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    door = folder / "door"
    process = subprocess.Popen(
        [sys.executable, "-m", fork_warm.__name__, str(door)],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PISHKHAN_")},
        start_new_session=True,
    )
    atexit.register(_end, process, door)
    deadline = time.monotonic() + START_SECONDS_MAX
    while not door.exists():
        assert process.poll() is None, "the warm process ended while it started"
        assert time.monotonic() < deadline, "the warm process does not answer in time"
        time.sleep(0.02)
    return str(door)


def _end(process: subprocess.Popen[bytes], door: Path) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(30)
    door.unlink()
    door.parent.rmdir()
