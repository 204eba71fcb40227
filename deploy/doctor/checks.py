"""What a check finds, and what it may look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from kafka import KafkaAdminClient
from psycopg import Connection

from deploy.settings import Settings


class Level(Enum):
    """How bad a finding is. Only WRONG makes the command fail."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line for a person; `remedy` says what to do, and is empty when nothing need be done."""

    level: Level
    subject: str
    words: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined. A connection is None when nothing answered: the engines' checks say so, others keep quiet."""

    settings: Settings
    broker: KafkaAdminClient | None
    broker_problem: str
    database: Connection[tuple[object, ...]] | None
    database_problem: str


Check = Callable[[Patient], Iterable[Finding]]


def good(subject: str, words: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.GOOD, subject, words)


def note(subject: str, words: str, remedy: str = "") -> Finding:
    """Worth knowing, not wrong."""
    return Finding(Level.NOTE, subject, words, remedy)


def wrong(subject: str, words: str, remedy: str) -> Finding:
    """Broken, or soon: with the remedy."""
    return Finding(Level.WRONG, subject, words, remedy)
