"""The text of a key, as it is shown once and sent with every call; what is kept of it is a keyed hash.

`pk_`, twelve letters that name the key, `_`, and 256 random bits in base64url. The name holds consonants alone: it is
no word, and no digits of it pass for a person's number in a log.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

KEY_ID_SIGNS = "bcdfghjklmnpqrstvwxz"
KEY_ID_LENGTH = 12
SECRET_BYTES = 32
_KEY_ID = re.compile(rf"[{KEY_ID_SIGNS}]{{{KEY_ID_LENGTH}}}", re.ASCII)
_TOKEN = re.compile(rf"pk_([{KEY_ID_SIGNS}]{{{KEY_ID_LENGTH}}})_[A-Za-z0-9_-]{{43}}", re.ASCII)

#: Returns so many random bytes, from the system's source for secrets.
Randomness = Callable[[int], bytes]


class NewToken(NamedTuple):
    """A key's name, and its whole text, which nobody can learn again."""

    key_id: str
    text: str


def new_token(random: Randomness) -> NewToken:
    """Return a new key."""
    # A byte is no multiple of twenty signs and would prefer some; in 64 bits that shows nowhere.
    signs = random(8 * KEY_ID_LENGTH)
    numbers = (int.from_bytes(signs[start : start + 8], "big") for start in range(0, len(signs), 8))
    key_id = "".join(KEY_ID_SIGNS[number % len(KEY_ID_SIGNS)] for number in numbers)
    secret = urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode()
    return NewToken(key_id, f"pk_{key_id}_{secret}")


def key_id_of(token: str) -> str | None:
    """Return which key a text claims to be; none when no key looks like that."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else found[1]


def is_key_id(text: str) -> bool:
    """Say whether a key may be called that."""
    return _KEY_ID.fullmatch(text) is not None


def hash_of(token: str, secret: bytes) -> bytes:
    """Return what is kept of a key: HMAC-SHA-256 of its whole text. A copy of the table alone is no use to anybody."""
    return hmac.new(secret, token.encode(), sha256).digest()
