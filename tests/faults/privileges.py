"""What only root may do, and not everywhere: mounts, networks of one's own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotPermitted(Exception):
    """This machine does not let us do what a stage needs."""


def as_root(*command: str) -> str:
    """Run a system program and return what it says. Raises `NotPermitted` with the program's own reason."""
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise NotPermitted(f"{command[0]} is not installed") from missing
    if outcome.returncode != 0:
        raise NotPermitted(f"`{' '.join(command)}` failed: {outcome.stderr.strip()}")
    return outcome.stdout


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """Let a file system of so many megabytes lie at `place`. Raises `NotPermitted`."""
    place.mkdir(parents=True, exist_ok=True)
    as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "pishkhan-trial", str(place))
    try:
        yield
    finally:
        # Whoever still has a file open there must not keep the mount.
        as_root("umount", "--lazy", str(place))
