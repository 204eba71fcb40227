"""The hash chain over a log partition's ledger rows, and the anchor over all chains at a window's end.

Each row's digest is SHA-256 of the previous digest and the row in a fixed binary layout, so that a row that was
changed, dropped, added or moved shows from there on. The layout is PostgreSQL's own for a row of binary `COPY`: a row
is packed once, and the same bytes are hashed and written.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import NamedTuple
from uuid import UUID

#: What a chain begins with.
GENESIS = bytes(32)

#: Big-endian, no padding: the number of fields, then each field as its length in bytes and its value. Lengths are
#: constants here, but for texts; partition, number, transaction id, and the length of the event id that follows.
_BEGIN = Struct(">hihiqi16si")
#: Amount in rial, window, and microseconds since 2000 UTC.
_MIDDLE = Struct(">iqiiiq")
_UUID = Struct(">i16s")
_NUMBER = Struct(">iq")
_LENGTH = Struct(">i")
_NULL = _LENGTH.pack(-1)
_ANCHOR_PART = Struct(">I32sQ")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
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


def pack(row: Row) -> bytes:
    """Return `row` in the fixed layout."""
    event_id = row.event_id.encode()
    return b"".join(
        (
            _BEGIN.pack(13, 2, row.partition, 8, row.number, 16, row.transaction_id.bytes, len(event_id)),
            event_id,
            _NULL if row.request_id is None else _UUID.pack(16, row.request_id.bytes),
            _text(row.kind),
            _text(row.debit_account),
            _text(row.credit_account),
            _MIDDLE.pack(8, row.amount_rial, 4, row.window_number, 8, (row.recorded_at - _EPOCH) // _MICROSECOND),
            _NULL if row.office is None else _text(row.office),
            _NULL if row.exposure_rial is None else _NUMBER.pack(8, row.exposure_rial),
        )
    )


def link(head: bytes, packed: bytes) -> bytes:
    """Return the chain's head after one more row."""
    return hashlib.sha256(head + packed).digest()


def extend(chain: Chain, rows: Iterable[Row]) -> Chain:
    """Return the chain after `rows`, which must continue it. Raises `ChainBroken` where they do not."""
    head, count = chain.head, chain.count
    for row in rows:
        count += 1
        if row.number != count:
            raise ChainBroken(row.partition, count)
        head = link(head, pack(row))
    return Chain(head, count)


@lru_cache(maxsize=16_384)
def _text(text: str) -> bytes:
    # Kinds and accounts come again and again.
    encoded = text.encode()
    return _LENGTH.pack(len(encoded)) + encoded


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
