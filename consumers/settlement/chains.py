"""What is kept beside the ledger's rows, made again from them: only where they are what the log makes, in its order.

It was lost with the row of settlement's position, or somebody changed it. The rows alone prove nothing, for the chain
is what proves them; so the log is folded from its beginning, and must make the same.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from consumers.settlement.domain.audit import audit_chains
from consumers.settlement.domain.chain import Chain, ChainBroken, extend
from consumers.settlement.domain.differences import differences
from consumers.settlement.domain.windows import WindowCut
from consumers.settlement.ports import Opened
from consumers.settlement.refold import Refold
from consumers.settlement.verification import Books, PartitionLog, Watch


class ChainNotProven(Exception):
    """The rows are not proven to be the log's; the message says what is in the way."""


class ChainRepair(NamedTuple):
    """What is kept of one partition, and what it becomes; none when the rows are not proven, for the reason `why`."""

    partition: int
    before: Opened
    after: Opened | None
    why: str = ""


def chain_repair(
    partition: int, before: Opened, books: Books, cuts: Iterable[WindowCut], log: PartitionLog, watch: Watch
) -> ChainRepair:
    """Return what is to be kept of one partition instead of `before`. Raises what the log raises."""
    try:
        return ChainRepair(partition, before, page_of_rows(partition, books, cuts, log, watch))
    except ChainNotProven as problem:
        return ChainRepair(partition, before, None, str(problem))


def page_of_rows(
    partition: int,
    books: Books,
    cuts: Iterable[WindowCut],
    log: PartitionLog,
    watch: Watch = lambda partition, done, total: None,
) -> Opened:
    """Return where a partition's page goes on by its rows and its windows' `cuts`.

    Raises `ChainNotProven`, and what the log raises.
    """
    try:
        chain = extend(Chain(), books.rows(partition, 0))
    except ChainBroken as broken:
        raise ChainNotProven(f"row {broken.number} is not where the chain expects it") from None
    own = [cut for cut in cuts if cut.partition == partition]
    for found in audit_chains(books.rows(partition, 0), {partition: chain}, own):
        raise ChainNotProven(found.words)
    kept = books.kept(partition)
    if not kept.known:
        raise ChainNotProven("settlement has no position there; start its worker, which makes one, and do this again")
    refold = Refold(partition, replace(kept, chain=chain, rows=chain.count), None)
    for _ in differences(refold.rows(log.records(partition, watch)), books.rows(partition, 0)):
        raise ChainNotProven("its rows are not those of the log, in its order; `pishkhan ledger verify` names them")
    return Opened(chain, 1 + max((cut.window for cut in own), default=0))
