"""Naming what is wrong in a partition whose rows do not make the chain that was kept: its log is folded again.

The log decides what a row must be, from the last cut up to which the rows are sound. Whether the log itself is what was
settled is proven by the kept chain: when the fold makes it, every difference is one of the rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumers.logs import Logs
from consumers.runner.records import Record
from consumers.settlement.domain.audit import Break
from consumers.settlement.domain.chain import Row
from consumers.settlement.domain.differences import FirstOnes, RowDifference, RowDifferenceKind, differences
from consumers.settlement.domain.windows import WindowCut
from consumers.settlement.refold import KeptPartition, Refold
from schemas.topics import LOG_REQUESTS

#: Told the partition, records read and records in all.
Watch = Callable[[int, int, int], None]


class Books(Protocol):
    """The ledger as it is kept, in one view of the database."""

    def rows(self, partition: int, after: int) -> Iterator[Row]:
        """Yield a partition's rows whose number is not in 1 to `after`, in the order of their numbers."""

    def kept(self, partition: int) -> KeptPartition:
        """Return what is kept of a partition beside its rows, and whether anything is."""


class PartitionLog(Protocol):
    """The requests' log. Raises the broker's unavailability."""

    def records(self, partition: int, watch: Watch) -> Iterable[Record]:
        """Yield all records that a partition holds, in their order."""


class RequestsLog:
    """Implements `PartitionLog` over the bus's own logs."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def records(self, partition: int, watch: Watch) -> Iterable[Record]:
        """Yield all records that a partition holds, in their order."""
        return self._logs.records([LOG_REQUESTS.name], partition, lambda done, total: watch(partition, done, total))


@dataclass(frozen=True, slots=True)
class PartitionVerdict:
    """What differs in one partition behind the end of window `since_window` (0: from its first row).

    `first` are the first of the differences, `rows` counts all rows that differ by kind. `proven` says that the log
    makes the kept chain; without it the log is not, or not in this order, what was settled. `lost` says that nothing is
    kept: the row with the chain was lost.
    """

    partition: int
    since_window: int
    first: tuple[RowDifference, ...]
    rows: Mapping[RowDifferenceKind, int]
    proven: bool
    lost: bool = False


def name_differences(
    breaks: Iterable[Break],
    books: Books,
    log: PartitionLog,
    limit: int,
    watch: Watch = lambda partition, done, total: None,
) -> Iterator[PartitionVerdict]:
    """Fold again what each broken partition holds, one partition after another, and say what differs.

    At most `limit` differences of each partition are kept. A partition that is broken in several places is folded once,
    from the cut before the first of them.
    """
    first: dict[int, Break] = {}
    for one in breaks:
        first.setdefault(one.partition, one)
    for number, one in sorted(first.items()):
        kept = books.kept(number)
        verdict = _judged(number, kept, one.sound, books, log, limit, watch)
        # A log that has lost the cut's marker is compared whole.
        yield verdict or _whole(number, kept, books, log, limit, watch)


def _whole(
    number: int, kept: KeptPartition, books: Books, log: PartitionLog, limit: int, watch: Watch
) -> PartitionVerdict:
    verdict = _judged(number, kept, None, books, log, limit, watch)
    assert verdict is not None, "from the beginning nothing has to be found first"
    return verdict


def _judged(
    number: int, kept: KeptPartition, since: WindowCut | None, books: Books, log: PartitionLog, limit: int, watch: Watch
) -> PartitionVerdict | None:
    refold = Refold(number, kept, since)
    found = FirstOnes(limit)
    after = 0 if since is None else since.chain.count
    for one in differences(refold.rows(log.records(number, watch)), books.rows(number, after)):
        found.add(one)
    if not refold.opened:
        return None
    window = 0 if since is None else since.window
    return PartitionVerdict(number, window, tuple(found.first()), dict(found.rows), refold.chain_kept, kept.lost)
