"""Cheap questions by which a loss shows: counts against counts, without reading a record.

Each count that is compared is taken so that whatever happens meanwhile only adds to the side that may be greater. So
what is found is wrong for certain; what is not found may still be wrong, and a reconciliation says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Entered(NamedTuple):
    """Requests' rows beside what settlement and figures know of them, at one moment.

    `missing` requests are known to settlement or figures and have no row, or an older one. `events` were decided of
    requests and acts, `markers` of windows were entered. `not_entered` events of requests settlement has not entered;
    `waiting` of those it has set aside or passed over on record, or they are not published. `unpublished` events of
    the log are in the outbox alone. `entered` counts events, `passed` positions.
    """

    missing: int
    events: int
    markers: int
    not_entered: int
    waiting: int
    unpublished: int
    entered: int
    passed: int


class Registered(NamedTuple):
    """The registry's versions: how many rows, the newest revision, and how many events of its log are unpublished."""

    rows: int
    revision: int
    unpublished: int


class SettlementCounts(NamedTuple):
    """What settlement's log must tell of: transactions, closed windows, and their statements; how much is unpublished.

    `unpublished` are rows of the outbox.
    """

    transactions: int
    windows: int
    statements: int
    unpublished: int


class PartitionCounts(NamedTuple):
    """One partition of the ledger: its rows and their sum in rial, and what chain and running sums were kept for."""

    partition: int
    rows: int
    kept_rows: int
    amount_rial: int
    kept_rial: int

    @property
    def differs(self) -> bool:
        """Whether a row is missing, extra, or of another amount."""
        return (self.rows, self.amount_rial) != (self.kept_rows, self.kept_rial)


@dataclass(frozen=True, slots=True)
class LogSize:
    """How many records a log holds, all partitions together, and which of its partitions begin after their first."""

    records: int
    begins_late: Mapping[int, int]


def lost_from_requests(entered: Entered, log: LogSize) -> int:
    """Return how many decided events of the requests' log it lacks at least."""
    return max(0, entered.events + entered.markers - entered.unpublished - log.records)


def lost_from_registry(registered: Registered, log: LogSize) -> int:
    """Return how many events of the registry's log it lacks at least."""
    return max(0, registered.rows - registered.unpublished - log.records)


def lost_from_settlement(told: SettlementCounts, log: LogSize) -> int:
    """Return how many events of settlement's log it lacks at least."""
    return max(0, told.transactions + told.windows + told.statements - told.unpublished - log.records)


def skipped_by_settlement(entered: Entered, log: LogSize) -> int:
    """Return how many events settlement has passed without entering them, at least.

    `log` was asked after `entered`: what is behind its position is not passed yet.
    """
    behind = max(0, log.records + sum(log.begins_late.values()) - entered.passed)
    return max(0, entered.not_entered - entered.waiting - behind)


def moved_back(entered: Entered) -> int:
    """Return how many events settlement has entered that lie behind its position, at least."""
    return max(0, entered.entered + entered.markers - entered.passed)
