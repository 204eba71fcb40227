"""The pictures of README.md, made anew: `python -m tests.docs.pictures` plays a day, and draws what commands print.

It takes some minutes and starts engines of its own in a folder of its own. Run it on a machine that is not busy, when
what a person sees has changed; what it writes is committed.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.text import Text

from deploy.demo.picture import WIDTH, save_picture
from deploy.exits import ExitCode

DOCS = Path(__file__).parents[2] / "docs"
PROGRAM = str(Path(sys.executable).with_name("pishkhan"))
READY_SECONDS = 120.0
_EXPLAINED = re.compile(r"explain ([0-9a-f-]{36}) ")


def main() -> None:
    """Write `demo.svg` and `explain.svg`."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=DOCS, help="where the pictures go (docs)")
    parser.add_argument("--seconds", default="60", help="real seconds of the day (60)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pishkhan-pictures-") as folder:
        data = ("--data", folder)
        day = run("demo", "--seconds", chosen.seconds, "--picture", str(chosen.folder / "demo.svg"), *data)
        found = _EXPLAINED.search(day)
        assert found is not None, f"the day names no request to explain:\n{day}"
        with up(folder):
            told = run("explain", found[1], "--verify", *data, colours={"FORCE_COLOR": "1"})
    title = f"pishkhan explain {found[1]} --verify"
    save_picture(chosen.folder / "explain.svg", title, Text.from_ansi(told.rstrip()))


def run(*arguments: str, colours: Mapping[str, str] | None = None, ends: Sequence[ExitCode] = (ExitCode.DONE,)) -> str:
    """Run one command as a person does, and return what it prints."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), **(colours or {})}
    done = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in ends, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def up(folder: str) -> Iterator[None]:
    """Run the bus of a folder, and wait until all is well with it."""
    with subprocess.Popen([PROGRAM, "up", "--data", folder], stdout=subprocess.DEVNULL) as bus:
        try:
            deadline = time.monotonic() + READY_SECONDS
            while subprocess.run([PROGRAM, "doctor", "--data", folder], capture_output=True, check=False).returncode:
                assert time.monotonic() < deadline, "the bus does not answer"
                time.sleep(1.0)
            yield
        finally:
            bus.terminate()
            bus.wait()


if __name__ == "__main__":
    main()
