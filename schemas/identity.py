"""Identities derived from other identities: a batch that is done again produces the same event ids."""

from hashlib import sha1
from uuid import UUID

#: The namespace of everything the bus derives; it never changes, or replays would look like new events.
NAMESPACE = UUID("5c7f1a52-6f0e-5d8b-9d0c-3f4b8a1e7d20")


_SPACE = NAMESPACE.bytes
#: The variant's two bits over a hexadecimal digit.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(source: str, event_id: str, number: int) -> str:
    """Return the id of the `number`-th event that follows from the event (`source`, `event_id`).

    It is `str(uuid5(NAMESPACE, "source|event_id|number"))`, written out because every event of the bus needs one.
    """
    digits = sha1(_SPACE + f"{source}|{event_id}|{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
