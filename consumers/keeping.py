"""Ports that every capability needs in the same form: what is parked, and what is dead. In the one open transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from consumers.intake import Unreadable
from consumers.letters_told import LetterQuota
from consumers.parking import ParkedEvent, ParkedRow


class KeptEvents(Protocol):
    """A capability's park; what it needs beyond this it adds in its own port."""

    def park(self, events: Sequence[ParkedEvent]) -> None:
        """Park `events` in order. Raises `ParkFull`."""

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        """Return the parked events of `keys`, oldest first."""

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        """Return keys with an event that is past its time, has rested after a failure, or was decided on."""

    def remove(self, ids: Collection[int]) -> None:
        """Remove events: they were applied or refused."""

    def skip(self, ids: Collection[int]) -> None:
        """Remove events that an operator has given up. Raises `Contention` when the operator has decided again."""

    def keep(self, rows: Sequence[ParkedRow]) -> None:
        """Write what is new of events that stay, with the decisions in `rows` carried out. Failed ones rest now."""


class DeadLetters(LetterQuota, Protocol):
    """Events that can never be applied."""

    def add(self, consumer: str, letters: Sequence[Unreadable]) -> list[Unreadable]:
        """Keep those of `letters` that are not on record yet, with their records, and return them."""
