"""The hash chain over a log partition's ledger rows, and the anchor over all chains at a window's end.

Each row's digest is SHA-256 of the previous digest and the row in a fixed binary layout, so that a row that was
changed, dropped, added or moved shows from there on.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

#: What a chain begins with.
GENESIS = bytes(32)

#: Big-endian, no padding: partition, number, transaction id, request id (zeros when none), amount in rial, window,
#: time in microseconds since 1970 UTC, exposure change in rial (zero when none), and the lengths in bytes of the
#: five UTF-8 texts that follow: event id, kind, debit account, credit account, office (empty when none).
_LAYOUT = struct.Struct(">IQ16s16sQIqqHHHHH")
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


def digest(previous: bytes, row: Row) -> bytes:
    """Return the digest of `row` on top of `previous`."""
    texts = (
        row.event_id.encode(),
        row.kind.encode(),
        row.debit_account.encode(),
        row.credit_account.encode(),
        (row.office or "").encode(),
    )
    fixed = _LAYOUT.pack(
        row.partition,
        row.number,
        row.transaction_id.bytes,
        _NO_REQUEST if row.request_id is None else row.request_id.bytes,
        row.amount_rial,
        row.window_number,
        microseconds(row.recorded_at),
        row.exposure_rial or 0,
        *map(len, texts),
    )
    return hashlib.sha256(b"".join((previous, fixed, *texts))).digest()


def extend(chain: Chain, rows: Iterable[Row]) -> Chain:
    """Return the chain after `rows`, which must go on where it ends. Raises `ChainBroken` where they do not."""
    head, count = chain.head, chain.count
    for row in rows:
        count += 1
        if row.number != count:
            raise ChainBroken(row.partition, count)
        head = digest(head, row)
    return Chain(head, count)


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
