"""Kinds whose batch is strange: codecs, producers, transactions, and batches that nobody can or wants to unpack."""

from tests.faults.strange.client import (
    forbidden_transaction,
    many_members,
    packed,
    transaction,
    wrong_checksum,
    xerial,
)
from tests.faults.strange.kinds import APPLIED, NOT_TAKEN, UNSEEN, End, Fate, Kind, Maker, Strange, dead
from tests.faults.strange.lowered import UNPACKED_BYTES_MAX

BATCH = 20
_HALTED = End(Fate.HALTED, "unreadable")


def _good(maker: Maker) -> list[Strange]:
    return maker.submits(BATCH)


def _bomb(maker: Maker) -> list[Strange]:
    return [maker.submit().saying(bytes(UNPACKED_BYTES_MAX + 100))]


BATCHES: tuple[Kind, ...] = (
    *(Kind(f"packed with {codec}", _good, (APPLIED,), packed(codec)) for codec in ("gzip", "snappy", "lz4", "zstd")),
    Kind("packed with Java's snappy", _good, (APPLIED,), xerial),
    Kind("an idempotent producer", _good, (APPLIED,), packed(idempotent=True)),
    Kind("a transaction without the right to it", _good, (NOT_TAKEN,), forbidden_transaction),
    Kind("a transaction's control record", _good, (APPLIED,), transaction(commits=True)),
    Kind(
        "a transaction that is aborted",
        _good,
        (*(UNSEEN for _ in range(BATCH - 1)), APPLIED),
        transaction(commits=False),
    ),
    *(
        Kind(f"unpacks to too much, {codec}", _bomb, (dead("unpacks_too_large", "record"),), packed(codec))
        for codec in ("gzip", "snappy", "lz4", "zstd")
    ),
    Kind("an lz4 batch with a wrong checksum", _good, (_HALTED,), wrong_checksum),
    Kind("a gzip batch in too many members", _good, (_HALTED,), many_members),
)
