"""A batch that cannot be read is one record that says so, and everything around it is read.

The library raises such a batch's fault out of `poll`: it names no partition, and it comes again at every poll, so that
one batch stops everything that the reader reads. Here the fault becomes a value at its place: its partition's owner
decides what happens to it, and no other partition is affected.
"""

import struct
from collections.abc import Iterator
from typing import Any

from kafka.errors import CorruptRecordError, LogTruncationError, OffsetOutOfRangeError, UnsupportedCodecError
from kafka.record.default_records import DefaultRecord

from connectors.broker.codecs import CannotUnpack, UnpacksTooLarge
from consumers.runner.records import Unread, UnreadReason

#: The format of messages whose head has all that is asked for here.
_MAGIC = 2


class UnreadValue(bytes):
    """The body of the record that stands for an unreadable batch: the batch as it lies in the log, and the fault."""

    unread: Unread


def read_around_faults(consumer: Any) -> None:
    """Let `consumer` give one record with an `UnreadValue` for what it cannot read, at the last place of the batch.

    What the broker says of one partition, and what is no passing trouble, becomes such a record, too: it stands at the
    place that was asked for, and has no bytes.
    """
    fetcher = consumer._fetcher
    plain, parse = fetcher.PartitionRecords, fetcher._parse_fetched_data

    def partition_records(fetch_offset: int, place: Any, records: Any, **options: Any) -> Any:
        return plain(fetch_offset, place, _Batches(records, fetch_offset), **options)

    def parse_or_say_why(fetched: Any) -> Any:
        try:
            return parse(fetched)
        except (OffsetOutOfRangeError, LogTruncationError):
            raise
        except Exception as error:
            position = fetched.fetched_offset
            return plain(position, fetched.topic_partition, _OnlyFault(position, _why(error)), check_crcs=False)

    fetcher.PartitionRecords = partition_records
    fetcher._parse_fetched_data = parse_or_say_why


class _Batches:
    """Batches of one fetch, each of which the library can go through to its end."""

    def __init__(self, records: Any, first: int) -> None:
        self._records = records
        self._first = first
        self._before: _Batch | None = None
        self._ended = False

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        if self._before is not None:
            self._first = max(self._first, self._before.next_offset)
            self._ended = self._before.end_unknown
        raw = self._records._next_slice
        if raw is None or self._ended:
            return None
        try:
            batch = self._records.next_batch()
        except Exception as error:
            # Whatever its head says is not to be relied on: one place is passed, and the broker asked again from there.
            self._ended = True
            return _FaultyBatch(raw, self._first, _why(error))
        self._before = _Batch(batch, raw, self._first, self._records._next_slice)
        return self._before


class _Batch:
    """One batch; going through it ends at its fault, if it has one, with a record that says so."""

    def __init__(self, batch: Any, raw: memoryview, first: int, behind: memoryview | None) -> None:
        self._batch = batch
        self._raw = raw
        self._first = max(first, int(batch.base_offset)) if batch.magic == _MAGIC else first
        self._behind = behind
        self._damaged = False
        self._left: Iterator[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    @property
    def end_unknown(self) -> bool:
        """Whether it is damaged, and what it says of its end is contradicted by all else."""
        if not self._damaged or self._batch.magic != _MAGIC:
            return self._damaged
        length = self._batch.last_offset_delta + 1
        follows = None if self._behind is None else struct.unpack_from(">q", self._behind)[0] - self._batch.base_offset
        return length < 1 or length not in (self._batch.records_count, follows)

    @property
    def next_offset(self) -> int:
        if self.end_unknown:
            return self._first + 1
        return int(self._batch.next_offset if self._batch.magic == _MAGIC else self._batch.base_offset + 1)

    def validate_crc(self) -> bool:
        self._damaged = not self._batch.validate_crc()
        return True

    def __iter__(self) -> Iterator[Any]:
        first = self._first
        if self._damaged:
            why = UnreadReason.UNREADABLE, "its checksum is wrong: it is damaged"
            yield _record(self._raw, first, max(first, self.next_offset - 1), why)
            return
        record = None
        try:
            for record in self._batch:
                yield record
        except Exception as error:
            first = first if record is None else max(first, record.offset + 1)
            yield _record(self._raw, first, max(first, self.next_offset - 1), _why(error))

    def __next__(self) -> Any:
        if self._left is None:
            self._left = iter(self)
        return next(self._left)


class _FaultyBatch:
    """A batch whose head cannot be read."""

    magic = -1

    def __init__(self, raw: memoryview, position: int, why: tuple[UnreadReason, str]) -> None:
        self._record = _record(raw, position, position, why)

    def validate_crc(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        yield self._record


class _OnlyFault:
    """What stands for records that the broker does not hand out."""

    def __init__(self, position: int, why: tuple[UnreadReason, str]) -> None:
        self._batch: _FaultyBatch | None = _FaultyBatch(memoryview(b""), position, why)

    def next_batch(self) -> Any:
        batch, self._batch = self._batch, None
        return batch


def _record(raw: memoryview, first: int, last: int, why: tuple[UnreadReason, str]) -> Any:
    value = UnreadValue(raw)
    value.unread = Unread(first, *why)
    # No time is known of a batch whose head may be damaged: the beginning of all times.
    return DefaultRecord(len(value), last, 0, None, None, value, [])


def _why(error: Exception) -> tuple[UnreadReason, str]:
    """Return the fault in words that quote nothing of the records."""
    if isinstance(error, UnpacksTooLarge):
        return UnreadReason.TOO_LARGE, str(error)
    if isinstance(error, (CannotUnpack, UnsupportedCodecError)):
        return UnreadReason.UNREADABLE, str(error)
    kind = "it is damaged" if isinstance(error, CorruptRecordError) else "it cannot be read"
    return UnreadReason.UNREADABLE, f"{kind} ({type(error).__name__})"
