"""Say something once through a door: under a key of the caller's own, and only about what is the caller's.

A caller that hears nothing says it again under the same key. So the first time is on record, in the transaction that
keeps the claim: which claim it became, and a keyed hash of what was said. The same again is the same claim; something
else under one key is refused. Form: draft-ietf-httpapi-idempotency-key-header-07.
"""

from collections.abc import Sequence
from hmac import compare_digest, digest
from typing import NamedTuple, Protocol

from producers.acts import About
from schemas.canonical import canonical_json
from schemas.message import Message

#: What a caller's key may be: visible ASCII, and not longer than this.
KEY_LENGTH_MAX = 200


class Named(NamedTuple):
    """What an act's path names; it must be the speaker's own."""

    about: About
    code: str


class Wish(NamedTuple):
    """One claim that a caller wants kept. `fingerprint` is that of what was said, and empty without a `key`."""

    message: Message
    named: Named | None = None
    key: str | None = None
    fingerprint: bytes = b""


class Before(NamedTuple):
    """What is on record of the first time that a key was used: the claim it became, about what."""

    event_id: str
    subject: str
    fingerprint: bytes


class Kept(NamedTuple):
    """The claim is kept, and will be published; `again` when that was so before."""

    event_id: str
    subject: str
    again: bool = False


class KeyReused(NamedTuple):
    """Something else was said under this key: nothing was kept."""


class NotTheirs(NamedTuple):
    """The path names nothing of the speaker's: nothing was kept, and whether there is such a thing is not told."""


Verdict = Kept | KeyReused | NotTheirs


class IntakeUnavailable(Exception):
    """The database does not answer. What was wished for may or may not be kept: under its key it can be said again."""


class WishRefused(Exception):
    """The database refuses what was wished for though it answers: a fault of ours, and nothing was kept."""


class Intake(Protocol):
    """Where wishes are kept, all in one transaction."""

    async def commit(self, wishes: Sequence[Wish]) -> Sequence[Verdict]:
        """Keep what may be kept, and say of each wish what became of it, in order; no two have one source and key.

        Raises `IntakeUnavailable` or `WishRefused`, for all of them.
        """


def fingerprint(secret: bytes, act: str, named: str | None, said: object) -> bytes:
    """Return a keyed hash of a caller's request: equal for equal content, whatever the spelling of its JSON.

    Keyed, because a form has few possible values. `said` is what a parser of JSON made of it.
    """
    return digest(secret, f"{act}\n{named or ''}\n".encode() + canonical_json(said), "sha256")


def repeated(wish: Wish, before: Before) -> Verdict:
    """Return what becomes of a wish whose key was used before."""
    same = compare_digest(wish.fingerprint, before.fingerprint)
    return Kept(before.event_id, before.subject, again=True) if same else KeyReused()


def is_key(text: str) -> bool:
    """Say whether a caller's key may be that."""
    return 0 < len(text) <= KEY_LENGTH_MAX and text.isascii() and text.isprintable() and " " not in text
