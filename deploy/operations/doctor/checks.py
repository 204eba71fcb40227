"""What a check finds, and what it may look at."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from kafka import KafkaAdminClient
from psycopg import Connection

from connectors.telemetry.standing import Standing
from connectors.words import calendar
from connectors.words.language import Language
from consumers.runner.outcomes import Setback
from deploy.settings import Settings


class Level(Enum):
    """How bad a finding is. Only WRONG makes the command fail."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class CheckResult:
    """One line for a person; `remedy` says what to do, and is empty when nothing need be done."""

    level: Level
    subject: str
    words: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is examined. A connection is None when nothing answered: the engines' checks say so, others keep quiet.

    `workers` holds what this machine's workers say of themselves, by name; one that gives no answer is left out.
    """

    settings: Settings
    broker: KafkaAdminClient | None
    broker_problem: str
    database: Connection[tuple[object, ...]] | None
    database_problem: str
    workers: Mapping[str, Standing]
    # What is to be said of a database that a newer build has changed: nothing in it is examined.
    too_new: str = ""

    def waited_for_since(self, cause: Setback) -> datetime | None:
        """Return the moment from which on a worker waits because of `cause`; none when none does."""
        moments = [one.since for one in self.workers.values() if one.cause == cause and one.since is not None]
        return min(moments, default=None)


Check = Callable[[Patient], Iterable[CheckResult]]


def has_tables(database: Connection[Any], *names: str) -> bool:
    """Say whether all of these tables are there: a database that was never prepared has none."""
    row = database.execute(
        "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS name", [list(names)]
    )
    return row.fetchone() == (True,)


def since_words(moment: datetime, now: datetime | None = None) -> str:
    """Say since when something lasts: the moment, and how long ago it was."""
    return calendar.since_words(moment, now or datetime.now(UTC), Language.EN)


def good(subject: str, words: str) -> CheckResult:
    """Nothing to do."""
    return CheckResult(Level.GOOD, subject, words)


def note(subject: str, words: str, remedy: str = "") -> CheckResult:
    """Worth knowing, not wrong."""
    return CheckResult(Level.NOTE, subject, words, remedy)


def wrong(subject: str, words: str, remedy: str) -> CheckResult:
    """Broken, or soon: with the remedy."""
    return CheckResult(Level.WRONG, subject, words, remedy)
