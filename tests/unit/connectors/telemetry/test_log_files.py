"""A log that is full goes on in a new file: no line is lost, whoever said it, and only so many files are kept."""

import subprocess
import sys
from pathlib import Path

import pytest

#: Says numbered lines in three ways: by a logger, by `print`, and past Python as a library in C does.
SPEAKER = """
import os, sys
from pathlib import Path
from connectors.telemetry.log import configure_logging, get_log
from connectors.telemetry.log_files import LogFile
path, older, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
configure_logging("speaker", file=LogFile(path, 4_000, older))
for number in range(first, last):
    get_log("test").info("said", count=number)
    print(f"printed {number}", flush=True)
    os.write(2, f"written {number}\\n".encode())
"""


def speak(path: Path, older: int, first: int, last: int) -> None:
    """Say lines in a process of its own, for the outputs of this one are pytest's."""
    words = [sys.executable, "-c", SPEAKER, str(path), str(older), str(first), str(last)]
    with path.open("ab") as output:
        subprocess.run(words, stdout=output, stderr=subprocess.STDOUT, check=True)


def files(path: Path) -> list[Path]:
    """Return the files of a log, the oldest first."""
    older = sorted(path.parent.glob(f"{path.name}.*"), key=lambda file: -int(file.suffix.removeprefix(".")))
    return [*older, path]


def said(path: Path) -> list[str]:
    return [line for file in files(path) for line in file.read_text(encoding="utf-8").splitlines()]


def numbers(lines: list[str], way: str) -> list[int]:
    marks = {"logged": '"count":', "printed": "printed ", "written": "written "}
    found = [line.partition(marks[way])[2] for line in lines if marks[way] in line]
    return [int(text.split(",")[0].strip(" }")) for text in found]


@pytest.mark.parametrize("way", ["logged", "printed", "written"])
def test_no_line_is_lost_over_full_files_and_a_restart(tmp_path: Path, way: str) -> None:
    path = tmp_path / "requests.log"
    speak(path, 100, 0, 60)
    speak(path, 100, 60, 120)
    assert len(files(path)) > 3
    assert numbers(said(path), way) == list(range(120))


def test_only_so_many_full_files_are_kept_and_each_is_of_the_declared_size(tmp_path: Path) -> None:
    path = tmp_path / "requests.log"
    speak(path, 2, 0, 200)
    assert [file.name for file in files(path)] == ["requests.log.2", "requests.log.1", "requests.log"]
    # What comes by no logger is counted when the next line does.
    assert all(file.stat().st_size < 4_200 for file in files(path))
    lines = said(path)
    assert [numbers(lines, way)[-1:] for way in ("logged", "printed", "written")] == [[199]] * 3


def test_where_nothing_can_be_renamed_the_file_becomes_longer_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "requests.log"
    # A folder in the older file's place, with something in it, can be replaced by no file.
    (tmp_path / "requests.log.1" / "here").mkdir(parents=True)
    speak(path, 1, 0, 60)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert numbers(lines, "logged") == numbers(lines, "written") == list(range(60))
    assert path.stat().st_size > 4_000
