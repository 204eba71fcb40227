"""What a bus in miniature keeps in its database, for comparisons in memory."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from consumers.intake import Words
from consumers.reconciliation.domain.views import ComparedTransfer
from schemas.partition import Place


class Row(NamedTuple):
    """One row of the outbox."""

    place: Place
    key: str
    event_id: str
    type: str
    sequence: int
    body: bytes
    cash_rial: int


class Transferred(NamedTuple):
    """One row of the ledger."""

    transaction_id: str
    event_id: str
    subject: str
    transfer: ComparedTransfer


@dataclass
class Database:
    """Everything that is committed together. Rows of the outbox are by their ids, words by their claims' ids."""

    taken: dict[str, Words] = field(default_factory=dict)
    dead: set[tuple[Place, int]] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cash_rial: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outbox: dict[int, Row] = field(default_factory=dict)
    published: set[int] = field(default_factory=set)
    settled: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ledger: list[Transferred] = field(default_factory=list)
    positions: dict[tuple[str, Place], int] = field(default_factory=dict)
    rows_made: int = 0
