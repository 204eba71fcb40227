"""Books in memory whose rows somebody changes, and the same questions to them as to real ones."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from consumers.runner.records import Record
from consumers.settlement.domain.audit import audit_chains
from consumers.settlement.domain.chain import Chain, Row
from consumers.settlement.refold import KeptPartition
from consumers.settlement.verification import PartitionVerdict, Watch, name_differences
from tests.memory.desk import Books


@dataclass
class HarmedBooks:
    """Implements `Books` and `Log` of a verification over a ledger in memory; `ledger` is there to be changed."""

    books: Books
    log: Sequence[Record]
    parked: Collection[str] = ()
    given_up: Collection[str] = ()
    positions: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the rows as they are."""
        self.ledger: list[Row] = sorted(self.books.rows)
        self.read: list[int] = []

    def rows(self, partition: int, after: int) -> Iterator[Row]:
        own = (row for row in sorted(self.ledger) if row.partition == partition)
        return (row for row in own if row.number > after or row.number < 1)

    def kept(self, partition: int) -> KeptPartition:
        page = self.books.pages.get(partition)
        chain = Chain() if page is None else page.chain
        end = sum(record.partition == partition for record in self.log)
        rows = sum(row.partition == partition for row in self.ledger)
        return KeptPartition(chain, self.positions.get(partition, end), self.given_up, self.parked, rows=rows)

    def records(self, partition: int, watch: Watch) -> Iterable[Record]:
        self.read.append(partition)
        some = [record for record in self.log if record.partition == partition]
        watch(partition, len(some), len(some))
        return some

    def verdicts(self, limit: int = 20) -> list[PartitionVerdict]:
        """Say what differs, as the command does."""
        kept = {number: page.chain for number, page in self.books.pages.items()}
        breaks = audit_chains(sorted(self.ledger), kept, self.books.window_cuts.values())
        return list(name_differences(breaks, self, self, limit))
