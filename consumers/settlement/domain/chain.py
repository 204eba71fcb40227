"""The hash chain over a log partition's ledger rows, and the anchor over all chains at a window's end.

Each row's digest is SHA-256 of the previous digest and the row in a fixed binary layout, so that a row that was
changed, dropped, added or moved shows from there on.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

#: What a chain begins with.
GENESIS = bytes(32)

#: What all rows of a transaction share. Big-endian, no padding: partition, transaction id, request id (zeros when
#: none), window, time in microseconds since 1970 UTC, and the lengths in bytes of two UTF-8 texts that follow: event
#: id, kind.
_SHARED = struct.Struct(">I16s16sIqHH")
#: What each row adds: number, amount in rial, exposure change in rial (zero when none), and the lengths in bytes of
#: three UTF-8 texts that follow: debit account, credit account, office (empty when none).
_OWN = struct.Struct(">QQqHHH")
_ANCHOR_PART = struct.Struct(">I32sQ")
_NO_REQUEST = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Row(NamedTuple):
    """One ledger row, in the order of the table's columns. `number` counts from 1 within the partition."""

    partition: int
    number: int
    transaction_id: UUID
    event_id: str
    request_id: UUID | None
    kind: str
    debit_account: str
    credit_account: str
    amount_rial: int
    window_number: int
    recorded_at: datetime
    office: str | None
    exposure_rial: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain's end: the last digest and how many rows it covers."""

    head: bytes = GENESIS
    count: int = 0


def microseconds(moment: datetime) -> int:
    """Return an aware time as whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def extend(chain: Chain, rows: Iterable[Row]) -> Chain:
    """Return the chain after `rows`, which must go on where it ends. Raises `ChainBroken` where they do not."""
    head, count = chain.head, chain.count
    # Rows of one transaction lie together, so what they share is packed once.
    for _, transaction in groupby(rows, _TRANSACTION):
        shared = b""
        for row in transaction:
            count += 1
            if row.number != count:
                raise ChainBroken(row.partition, count)
            shared = shared or _shared(row)
            head = hashlib.sha256(head + shared + _own(row)).digest()
    return Chain(head, count)


_TRANSACTION = attrgetter("transaction_id", "event_id", "request_id", "kind", "window_number", "recorded_at")


def _shared(row: Row) -> bytes:
    event_id, kind = row.event_id.encode(), row.kind.encode()
    fixed = _SHARED.pack(
        row.partition,
        row.transaction_id.bytes,
        _NO_REQUEST if row.request_id is None else row.request_id.bytes,
        row.window_number,
        microseconds(row.recorded_at),
        len(event_id),
        len(kind),
    )
    return fixed + event_id + kind


def _own(row: Row) -> bytes:
    debit, credit, office = row.debit_account.encode(), row.credit_account.encode(), (row.office or "").encode()
    fixed = _OWN.pack(row.number, row.amount_rial, row.exposure_rial or 0, len(debit), len(credit), len(office))
    return fixed + debit + credit + office


class ChainBroken(ValueError):
    """Row `number` of `partition` is missing, or another is in its place."""

    def __init__(self, partition: int, number: int) -> None:
        super().__init__(f"partition {partition}: row {number} is not where the chain expects it")
        self.partition = partition
        self.number = number


def anchor(chains: Sequence[tuple[int, Chain]]) -> bytes:
    """Return SHA-256 over (partition, head, count) of every chain, in partition order."""
    parts = (_ANCHOR_PART.pack(partition, chain.head, chain.count) for partition, chain in sorted(chains, key=_number))
    return hashlib.sha256(b"".join(parts)).digest()


def _number(pair: tuple[int, Chain]) -> int:
    return pair[0]
