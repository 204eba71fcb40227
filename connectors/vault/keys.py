"""The vault's key: a file beside the database, without which nothing in it can be read.

It holds the key of the numbers' hashes, which is made once, and keys that wrap persons' own keys, of which the newest
wraps and older ones only unwrap. Whoever loses the file has lost every person: `pishkhan vault key backup` copies it.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from producers.vault.ports import VaultUnavailable

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class VaultKeys:
    """The keys in clear; they show themselves nowhere."""

    numbers: bytes
    wrapping: Mapping[int, bytes]

    @property
    def newest(self) -> int:
        """Which key wraps."""
        return max(self.wrapping)

    @property
    def fingerprint(self) -> str:
        """What tells the newest key, with the numbers' one, from others and tells nothing of them."""
        return self._print(self.newest)

    def fingerprints(self) -> frozenset[str]:
        """Return those of all keys: while they are exchanged the vault may know an older one."""
        return frozenset(map(self._print, self.wrapping))

    def _print(self, version: int) -> str:
        return sha256(b"pishkhan vault" + self.numbers + self.wrapping[version]).hexdigest()[:16]

    def with_new(self, random: Callable[[int], bytes] = secrets.token_bytes) -> "VaultKeys":
        """Return these and a newer one, which wraps from now on."""
        return replace(self, wrapping={**self.wrapping, self.newest + 1: random(KEY_BYTES)})

    def newest_alone(self) -> "VaultKeys":
        """Return these without the wrapping keys that nothing is wrapped with any more."""
        return replace(self, wrapping={self.newest: self.wrapping[self.newest]})


def new_keys(random: Callable[[int], bytes] = secrets.token_bytes) -> VaultKeys:
    """Return the keys of a new vault."""
    return VaultKeys(random(KEY_BYTES), {1: random(KEY_BYTES)})


def read_keys(path: Path) -> VaultKeys:
    """Read a key file. Raises `VaultUnavailable` when there is none, or it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        wrapping = {int(number): bytes.fromhex(key) for number, key in content["wrapping"].items()}
        keys = VaultKeys(bytes.fromhex(content["numbers"]), wrapping)
    except FileNotFoundError:
        raise VaultUnavailable(f"the vault's key is missing: {path}") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        # What stands there may be part of a key, so nothing of it is shown.
        raise VaultUnavailable(f"{path} is no key file of a vault") from None
    if not wrapping or any(len(key) != KEY_BYTES for key in (keys.numbers, *wrapping.values())):
        raise VaultUnavailable(f"{path} is no key file of a vault")
    return keys


def text_of(keys: VaultKeys) -> str:
    """Return a key file's content."""
    wrapping = {str(number): key.hex() for number, key in keys.wrapping.items()}
    return json.dumps({"numbers": keys.numbers.hex(), "wrapping": wrapping}, indent=2, sort_keys=True) + "\n"


def write_new(path: Path, keys: VaultKeys) -> None:
    """Write a key file that is not there yet, for its owner alone. Raises `FileExistsError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text_of(keys))
        file.flush()
        os.fsync(file.fileno())
