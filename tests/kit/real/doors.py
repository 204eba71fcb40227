"""The gateway of a running bus, and keys that open it."""

from secrets import token_bytes

import httpx

from connectors.clock import real_now
from deploy.settings import Settings
from deploy.use_cases import Bus
from producers.access.keys import Key
from producers.access.parties import GRANTABLE, Party
from producers.access.tokens import hash_of, new_token


def issued(settings: Settings, party: Party) -> str:
    """Give a party a key with all its scopes, and return its text."""
    key_id, token = new_token(token_bytes)
    hashed = hash_of(token, settings.key_hash_secret())
    key = Key(key_id, party, "tests", GRANTABLE[party.kind], None, hashed, real_now(), "tests")
    with Bus(settings, "tests keys") as bus, bus.deciding() as view:
        view.keys.add(key)
    return token


def revoked(settings: Settings, token: str) -> None:
    """Let a key open nothing any more."""
    with Bus(settings, "tests keys") as bus, bus.deciding() as view:
        view.keys.revoke(token.split("_")[1], real_now(), "tests")


def door(settings: Settings, token: str) -> httpx.Client:
    """Return a client of the gateway that shows this key."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=settings.gateway_address, headers=headers, timeout=40.0)
