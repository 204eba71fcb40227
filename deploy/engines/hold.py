"""Who has a data folder: a lock that the kernel keeps for one process, and a note on which process that is."""

import fcntl
import json
import os
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.engines.errors import AlreadyRunning

#: The lock's file. It outlives everything else in the folder: who empties the folder leaves it, or two would hold it.
LOCK_FILE = "lock"
_NOTE_BYTES_MAX = 4_096


def hold(directory: Path) -> int:
    """Take `directory` for this process, and return the descriptor that holds it until it is closed.

    The kernel drops the hold when the process ends, however it ends: what the file says afterwards bars nobody.
    Raises AlreadyRunning, naming process, command and since when, when another process holds it.
    """
    path = directory / LOCK_FILE
    while True:
        # Not inherited by children, or an orphan would go on holding the directory.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise AlreadyRunning(
                f"{directory} is in use by {holder}. Stop that one (Ctrl-C where it runs), "
                "or give this one another folder: --data ANOTHER"
            ) from held
        if _is_the_file(descriptor, path):
            break
        # Somebody deleted the folder between the two calls: the lock that counts is the one that others find.
        os.close(descriptor)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.ftruncate(descriptor, 0)
    note = {"process_id": os.getpid(), "command": own_command(), "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"}
    os.pwrite(descriptor, json.dumps(note).encode(), 0)
    return descriptor


def own_command() -> str:
    """Return this process's command without its options, which may hold a password."""
    words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return shlex.join([Path(sys.argv[0]).name or "python", *words])


def _is_the_file(descriptor: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(descriptor)
    return (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)


def _holder(descriptor: int) -> str:
    """Say who holds the lock, as far as the file says."""
    note = os.pread(descriptor, _NOTE_BYTES_MAX, 0).decode(errors="replace").strip()
    try:
        body = json.loads(note)
    except ValueError:
        # Between taking the lock and writing the note.
        return "a process that has just begun"
    if isinstance(body, int):
        # Earlier versions wrote the number alone.
        return f"process {body}"
    return f"process {body['process_id']} (`{body['command']}`, since {body['since']})"
