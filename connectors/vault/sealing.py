"""What the vault's keys do: hashes of numbers, wrapped keys of persons, sealed fields. AES-256-GCM and HMAC-SHA-256.

A sealed text is one byte that says how, twelve of nonce, and the ciphertext with its tag. It is bound to what it
belongs to: a person's key to its reference, fields to their request. Elsewhere it cannot be opened.
"""

import hmac
import json
import secrets
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.vault.keys import KEY_BYTES, VaultKeys
from producers.vault.numbers import PersonNumber
from producers.vault.ports import Fields, VaultUnavailable

_VERSION = b"\x01"
_NONCE_BYTES = 12
#: Returns so many random bytes.
Random = Callable[[int], bytes]


def number_hash(keys: VaultKeys, number: PersonNumber) -> bytes:
    """Return by what a person is found; without the key nobody can try numbers against it."""
    return hmac.new(keys.numbers, b"number" + number.canonical(), sha256).digest()


def fields_hash(keys: VaultKeys, citizen_ref: UUID, fields: Fields) -> bytes:
    """Return by what the same fields of the same person are known again."""
    return hmac.new(keys.numbers, b"fields" + citizen_ref.bytes + _as_bytes(fields), sha256).digest()


def new_data_key(random: Random = secrets.token_bytes) -> bytes:
    """Return a new key of a person."""
    return random(KEY_BYTES)


def wrap(keys: VaultKeys, data_key: bytes, citizen_ref: UUID, random: Random = secrets.token_bytes) -> bytes:
    """Return a person's key, wrapped with the newest key of the vault."""
    return _sealed(keys.wrapping[keys.newest], data_key, citizen_ref, random)


def unwrap(keys: VaultKeys, version: int, wrapped: bytes, citizen_ref: UUID) -> bytes:
    """Return a person's key. Raises `VaultUnavailable` when the vault's key is another one."""
    if version not in keys.wrapping:
        raise VaultUnavailable(f"the key file has no key {version}; restore the backup that has it")
    return _opened(keys.wrapping[version], wrapped, citizen_ref)


def seal(data_key: bytes, request_id: UUID, fields: Fields, random: Random = secrets.token_bytes) -> bytes:
    """Return the fields of a request as the blob that travels."""
    return _sealed(data_key, _as_bytes(fields), request_id, random)


def unseal(data_key: bytes, request_id: UUID, blob: bytes) -> Fields:
    """Return what a blob holds. Raises `VaultUnavailable` when it is another request's, or was changed."""
    fields: Fields = json.loads(_opened(data_key, blob, request_id))
    return fields


def _sealed(key: bytes, content: bytes, bound_to: UUID, random: Random) -> bytes:
    nonce = random(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, content, bound_to.bytes)


def _opened(key: bytes, sealed: bytes, bound_to: UUID) -> bytes:
    version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        if version == _VERSION:
            return AESGCM(key).decrypt(nonce, content, bound_to.bytes)
    except (InvalidTag, ValueError):
        pass
    raise VaultUnavailable("what is kept in the vault cannot be opened with this key")


def _as_bytes(fields: Fields) -> bytes:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
