"""What administrators did, and what they were refused: one row each, which nobody changes afterwards.

A row names no citizen and holds nothing of what a request says: acts are on keys, decisions, files and positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from producers.access.parties import Caller


class AdminAct(StrEnum):
    """Every administrative act, called as the command that does it."""

    KEY_ISSUE = "key issue"
    KEY_ROTATE = "key rotate"
    KEY_REVOKE = "key revoke"
    PARKED_REDRIVE = "parked redrive"
    PARKED_SKIP = "parked skip"
    OUTBOX_RETRY = "outbox retry"
    OUTBOX_GIVE_UP = "outbox give-up"
    REPAIR_PASS = "repair pass"
    REPAIR_TOPIC = "repair topic"
    REPAIR_CHAIN = "repair chain"
    REPLAY = "replay"
    PROVINCE_LOAD = "province load"
    VAULT_KEY_BACKUP = "vault key backup"
    VAULT_KEY_ROTATE = "vault key rotate"
    CITIZEN_FORGET = "citizen forget"
    # Over HTTP alone.
    REVEAL = "reveal"


class AuditOutcome(StrEnum):
    """What became of an act."""

    # It takes longer than one transaction; another row says what became of it, unless it was killed.
    BEGUN = "begun"
    # Done, and on record in the same transaction.
    DONE = "done"
    # A rule or a missing right said no; `detail` says which.
    REFUSED = "refused"
    # Something broke on the way; `detail` says how far it came.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person at the bus's own machine by a name, or a party by its key."""

    name: str
    key_id: str | None = None

    @classmethod
    def of_caller(cls, caller: Caller) -> "Actor":
        """Return a caller as an audit row has it: the party, its operator if the key names one, and the key."""
        name = str(caller.party) if caller.operator is None else f"{caller.party}, {caller.operator}"
        return cls(name, caller.key_id)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act: when (real time), by whom, what, about what, and what became of it."""

    at: datetime
    actor: Actor
    act: AdminAct
    about: str
    outcome: AuditOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One row as it is kept; `act` is text, so that a build reads what a newer one wrote."""

    id: int
    at: datetime
    actor: str
    key_id: str | None
    act: str
    about: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows somebody wants to see; what is none matters not. `since` is taken in, `until` is not."""

    actor: str | None = None
    key_id: str | None = None
    act: str | None = None
    about: str | None = None
    outcome: AuditOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None


class Audit(Protocol):
    """Where rows are added, in the transaction of the act that they are about."""

    def add(self, row: AuditRow) -> None:
        """Keep a row."""


class AuditReads(Protocol):
    """What is on record."""

    def page(self, wanted: AuditFilter, limit: int) -> Sequence[AuditLine]:
        """Return the newest `limit` rows that are wanted, the newest first."""

    def count(self, wanted: AuditFilter) -> int:
        """Return how many rows are wanted."""
