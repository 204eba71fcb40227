"""Identities derived from other identities: a batch that is done again produces the same event ids."""

from uuid import UUID, uuid5

#: The namespace of everything the bus derives; it never changes, or replays would look like new events.
NAMESPACE = UUID("5c7f1a52-6f0e-5d8b-9d0c-3f4b8a1e7d20")


def derived_id(source: str, event_id: str, number: int) -> str:
    """Return the id of the `number`-th event that follows from the event (`source`, `event_id`)."""
    return str(uuid5(NAMESPACE, f"{source}|{event_id}|{number}"))
