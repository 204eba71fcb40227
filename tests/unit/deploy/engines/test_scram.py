"""The salted form is the one of RFC 7677's example exchange."""

import hashlib
import hmac
import re
from base64 import b64decode

from deploy.engines.scram import scram_argument


def test_it_proves_the_published_example() -> None:
    # RFC 7677, section 3: user "user", password "pencil", salt and server signature as printed there.
    salt = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    argument = scram_argument("user", "pencil", salt)
    found = re.search(r'saltedpassword="([^"]+)"', argument)
    assert found is not None
    message = (
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,"
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    server_key = hmac.digest(b64decode(found[1]), b"Server Key", "sha256")
    signature = hmac.digest(server_key, message, hashlib.sha256)
    assert signature == b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


def test_two_salts_differ_and_the_password_is_not_shown() -> None:
    first, second = scram_argument("bus", "secret-word"), scram_argument("bus", "secret-word")
    assert first != second
    assert "secret-word" not in first
