"""The broker's classes as the Java runtime lays them out in memory: written once into the cache, mapped at each start.

A broker spends more than half of its start on finding, checking and laying out always the same classes, and the runtime
we depend on comes without an archive of its own. `kafka.classes.gz` names the classes; it is written by
`python -m deploy.engines.class_archive RECORDED...` from what runtimes have recorded that were given
`-XX:DumpLoadedClassList=RECORDED`.

An archive is a matter of speed alone. The runtime passes over one that is broken, or was made by another runtime or for
other jars, and a start without one is as good, and slower.
"""

import fcntl
import gzip
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.engines.jars import cache_directory

CLASSES_FILE = Path(__file__).with_name("kafka.classes.gz")
#: The collector that the broker runs with: the layout of an archive depends on it.
COLLECTOR = "-XX:+UseSerialGC"
MAKE_SECONDS_MAX = 120.0
#: Each is some 70 MB. Each environment's Java runtime has its own, and several may be at work in turn.
ARCHIVES_KEPT = 10


def archive_options(java: Path, class_path: Iterable[Path], directory: Path | None = None) -> tuple[str, ...]:
    """Return what tells `java` to use the archive of this class path; nothing when there is none.

    It is made first, if it is not there: some ten seconds, once per environment. `directory` is the user's cache if
    none is named. Of several that start at once, one makes it and the others wait. Whatever stands in the way, a start
    goes on without; where it was the runtime, it is not asked again.
    """
    jars = list(class_path)
    directory = directory or cache_directory() / "classes"
    try:
        archive = directory / f"kafka-{_fingerprint(java, jars)}.jsa"
        directory.mkdir(parents=True, exist_ok=True)
        with _held(directory):
            if archive.exists():
                os.utime(archive)
            else:
                _make(archive, java, jars)
    except OSError:
        return ()
    # In such a path the runtime sees two.
    if os.pathsep in str(archive):
        return ()
    return (f"-XX:SharedArchiveFile={archive}", "-XX:+VerifySharedSpaces", "-Xshare:auto", "-Xlog:cds=off")


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Let one process at a time in; the kernel drops the hold of one that ends. Raises `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _fingerprint(java: Path, jars: Iterable[Path]) -> str:
    """Tell apart whatever the runtime compares before it uses an archive: itself, and the jars by size and time."""
    digest = hashlib.sha256(CLASSES_FILE.read_bytes())
    for path in (java.parent.parent / "lib" / "modules", *jars):
        known = path.stat()
        digest.update(f"{path}\0{known.st_size}\0{known.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def _make(archive: Path, java: Path, jars: Iterable[Path]) -> None:
    """Write an archive in full beside, then rename it. Raises `OSError`."""
    with tempfile.TemporaryDirectory(prefix="making-", dir=archive.parent) as staging:
        names, unfinished = Path(staging) / "classes", Path(staging) / "archive.jsa"
        names.write_bytes(gzip.decompress(CLASSES_FILE.read_bytes()))
        command = [
            *(str(java), "-Xshare:dump", "-Xlog:all=off", "-Xmx256m", COLLECTOR),
            *(f"-XX:SharedClassListFile={names}", f"-XX:SharedArchiveFile={unfinished}"),
            *("-cp", os.pathsep.join(str(jar) for jar in jars)),
        ]
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=MAKE_SECONDS_MAX)
        except subprocess.SubprocessError:
            # Passed over as a broken one is, and no later start waits for another try.
            unfinished.write_bytes(b"")
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(unfinished, archive)
    newest_first = sorted(archive.parent.glob("*.jsa"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[ARCHIVES_KEPT:]:
        # A runtime that has it mapped keeps it.
        old.unlink(missing_ok=True)


def write_classes(recorded: Iterable[Path], path: Path = CLASSES_FILE) -> None:
    """Write the list of classes anew: what any of the records has, but for classes that no jar has."""
    lines = dict.fromkeys(
        line.partition(" id: ")[0]
        for record in recorded
        for line in record.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#") and " source: " not in line
    )
    # What calls are made of (`@`) comes after the classes it speaks of.
    in_order = sorted(lines, key=lambda line: line.startswith("@"))
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in in_order).encode(), mtime=0))


if __name__ == "__main__":
    write_classes(Path(argument) for argument in sys.argv[1:])
