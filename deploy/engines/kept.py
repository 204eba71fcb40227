"""What an embedded engine keeps between starts: ports and secrets, in a file that only its owner may read."""

import json
import os
import secrets
from pathlib import Path


class Kept:
    """A small JSON object on disk, mode 0600, written whole each time (a crash leaves the old or the new one)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str | int] = {}
        if path.exists():
            self._values = json.loads(path.read_text(encoding="utf-8"))

    def secret(self, name: str) -> str:
        """The secret of this name, made at the first call; letters and digits only, so it needs no quoting anywhere."""
        value = self._values.get(name)
        if value is None:
            value = secrets.token_hex(20)
            self._write(name, value)
        return str(value)

    def number(self, name: str) -> int | None:
        """A kept number, or None."""
        value = self._values.get(name)
        return None if value is None else int(value)

    def numbers_beside(self, name: str) -> frozenset[int]:
        """Every kept number but that of this name."""
        return frozenset(value for key, value in self._values.items() if key != name and isinstance(value, int))

    def text(self, name: str) -> str | None:
        """A kept text, or None."""
        value = self._values.get(name)
        return None if value is None else str(value)

    def keep(self, name: str, value: str | int) -> None:
        """Remember a value; nothing is written when it is the kept one already."""
        if self._values.get(name) != value:
            self._write(name, value)

    def _write(self, name: str, value: str | int) -> None:
        self._values[name] = value
        write_private(self._path, json.dumps(self._values, indent=2, sort_keys=True) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, at no moment readable by others, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
