"""Dead letters as people see them.

The use case of everybody who looks for what could not be applied, at a terminal, over HTTP or on a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One dead letter as people see it; the body stays in the database."""

    id: int
    consumer: str
    topic: str
    partition: int
    position: int
    reason: str
    field: str
    detail: str
    source: str | None
    event_id: str | None
    recorded_at: datetime


class LetGo(NamedTuple):
    """How many letters of one topic were deleted, `for_room` of them before they were old, and when the last."""

    topic: str
    letters: int
    bytes: int
    for_room: int
    last_at: datetime


class LetterReads(Protocol):
    """The dead letters of all consumers."""

    def newest(self, limit: int, consumer: str | None = None) -> Sequence[LetterLine]:
        """Return the newest `limit` letters, of one consumer or of all, newest first."""

    def let_go(self) -> Sequence[LetGo]:
        """Return what was deleted of each topic, by topic, if anything ever was."""


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The newest letters, what was deleted, and the reasons that occur, in order."""

    lines: Sequence[LetterLine]
    let_go: Sequence[LetGo]

    @property
    def reasons(self) -> list[str]:
        """Return each reason of `lines` once, in the order of the alphabet."""
        return sorted({line.reason for line in self.lines})


def letter_page(letters: LetterReads, limit: int, consumer: str | None = None) -> LetterPage:
    """Return the newest `limit` letters, of one consumer or of all."""
    return LetterPage(letters.newest(limit, consumer), letters.let_go())
