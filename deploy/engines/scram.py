"""The salted form of a SCRAM-SHA-256 password (RFC 5802), as Kafka's storage tool takes it."""

import hashlib
import os
from base64 import b64encode

ITERATIONS = 4096


def scram_argument(user: str, password: str, salt: bytes | None = None) -> str:
    """Value of the storage tool's `--add-scram`: name, salt and salted password, never the password itself."""
    salt = os.urandom(24) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    fields = {
        "name": user,
        "salt": f'"{b64encode(salt).decode()}"',
        "saltedpassword": f'"{b64encode(salted).decode()}"',
        "iterations": str(ITERATIONS),
    }
    inner = ",".join(f"{key}={value}" for key, value in fields.items())
    return f"SCRAM-SHA-256=[{inner}]"
