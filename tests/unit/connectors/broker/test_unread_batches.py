"""Reading around what cannot be read: one record stands for it, and nothing around it is lost or passed unseen."""

import struct
from collections import namedtuple
from collections.abc import Iterator, Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, OffsetOutOfRangeError, TopicAuthorizationFailedError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from connectors.broker.codecs import read_every_codec
from connectors.broker.source import record_of
from connectors.broker.unread_batches import read_around_faults
from consumers.runner.records import Record, UnreadReason

PLACE = TopicPartition("pishkhan.intake.gas", 1)
CRC_AT = DefaultRecordBatch.CRC_OFFSET
DELTA_AT = struct.calcsize(">qiibIh")
GZIP = 1
Fetched = namedtuple("Fetched", "topic_partition fetched_offset")


@pytest.fixture(autouse=True)
def _codecs() -> Iterator[None]:
    read_every_codec()
    yield
    read_every_codec()


def batch(first: int, values: Sequence[bytes], kind: int = 0) -> bytearray:
    """Return a batch whose first record is at `first`, as the broker hands it out."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=kind, batch_size=1_000_000)
    for value in values:
        builder.append(timestamp=1_700_000_000_000, key=None, value=value, headers=[])
    builder.close()
    made = bytearray(builder.buffer())
    struct.pack_into(">q", made, 0, first)
    return made


def damaged(whole: bytearray) -> bytearray:
    whole[-1] ^= 0xFF
    return whole


def sealed(whole: bytearray) -> bytearray:
    """Return a batch that was changed, with the checksum that it then has."""
    covered = bytes(whole[DefaultRecordBatch.ATTRIBUTES_OFFSET :])
    struct.pack_into(">I", whole, CRC_AT, calc_crc32c(covered))
    return whole


def fetcher_of(parse: Any = None) -> Any:
    """Return the part of a consumer that is patched."""
    fetcher = SimpleNamespace(PartitionRecords=Fetcher.PartitionRecords, _parse_fetched_data=parse)
    read_around_faults(SimpleNamespace(_fetcher=fetcher))
    return fetcher


def read(*batches: bytearray, position: int = 0) -> tuple[list[Record], int]:
    """Return what one fetch from `position` gives, and where the next one begins."""
    fetched = fetcher_of().PartitionRecords(position, PLACE, MemoryRecords(bytes(b"".join(batches))))
    records = [record_of(record) for record in islice(fetched.record_iterator, None)]
    return records, fetched.next_fetch_offset


def shown(records: Sequence[Record]) -> list[object]:
    """Return values, and of what cannot be read from where to where it goes."""
    return [one.value if one.unread is None else (one.unread.first, one.position) for one in records]


def test_what_can_be_read_is_read_as_before() -> None:
    records, following = read(batch(0, [b"a", b"b"]), batch(2, [b"c"], GZIP))
    assert (shown(records), following) == ([b"a", b"b", b"c"], 3)
    records, following = read(batch(0, [b"a", b"b", b"c"]), position=2)
    assert (shown(records), following) == ([b"c"], 3)


def test_a_damaged_batch_is_one_record_with_its_bytes_and_what_follows_is_read() -> None:
    bad = damaged(batch(2, [b"c", b"d", b"e"]))
    records, following = read(batch(0, [b"a", b"b"]), bad, batch(5, [b"f"]))
    assert (shown(records), following) == ([b"a", b"b", (2, 4), b"f"], 6)
    unread = records[2]
    assert unread.unread is not None
    assert (unread.unread.reason, unread.value, unread.headers) == (UnreadReason.UNREADABLE, bytes(bad), ())
    assert "checksum" in unread.unread.why


def test_a_damaged_batch_whose_end_cannot_be_relied_on_is_passed_place_by_place() -> None:
    bad = batch(2, [b"c", b"d", b"e"])
    struct.pack_into(">i", bad, DELTA_AT, 1_000_000)
    records, following = read(bad, batch(5, [b"f"]), position=2)
    assert (shown(records), following) == ([(2, 2)], 3), "not a million places at once, and nothing behind it unseen"
    records, following = read(bad, batch(5, [b"f"]), position=4)
    assert (shown(records), following) == ([(4, 4)], 5)


def test_a_fetch_into_the_middle_of_a_damaged_batch_stands_for_the_rest_of_it() -> None:
    records, following = read(damaged(batch(0, [b"a", b"b", b"c"])), batch(3, [b"d"]), position=2)
    assert (shown(records), following) == ([(2, 2), b"d"], 4)


def test_a_batch_that_unpacks_to_too_much_is_one_record_that_says_so() -> None:
    large = batch(1, [b"0" * 3_000, b"1" * 3_000], GZIP)
    read_every_codec(4_000)
    records, following = read(batch(0, [b"a"]), large, batch(3, [b"b"], GZIP))
    assert (shown(records), following) == ([b"a", (1, 2), b"b"], 4)
    unread = records[1].unread
    assert unread is not None
    assert (unread.reason, records[1].value) == (UnreadReason.TOO_LARGE, bytes(large))
    assert "more than 4000 bytes" in unread.why


def test_an_unknown_codec_and_bytes_that_are_no_codecs_are_said() -> None:
    for attributes, why in (
        (5, "Unrecognized compression type"),
        (GZIP, "gzip"),
        (2, "snappy"),
        (3, "lz4"),
        (4, "zstd"),
    ):
        bad = batch(0, [b"a", b"b"])
        struct.pack_into(">h", bad, CRC_AT + 4, attributes)
        records, following = read(sealed(bad), batch(2, [b"c"]))
        assert (shown(records), following) == ([(0, 1), b"c"], 3)
        assert records[0].unread is not None
        assert why in records[0].unread.why


def test_of_a_batch_that_is_broken_half_way_the_first_half_is_read() -> None:
    bad = batch(0, [b"a", b"b", b"cccccccc"])
    bad[-10] = 0x7F  # the length of the last value
    records, following = read(sealed(bad), batch(3, [b"d"]))
    assert (shown(records), following) == ([b"a", b"b", (2, 2), b"d"], 4)
    assert records[2].unread is not None
    assert records[2].unread.why == "it is damaged (CorruptRecordError)", "no bytes of it are quoted"


def test_a_batch_whose_head_is_no_head_ends_the_fetch_at_one_place() -> None:
    stub = bytearray(struct.pack(">qi", 0, 4) + b"\0\0\0\0")
    records, following = read(stub, batch(5, [b"a"]), position=3)
    assert (shown(records), following) == ([(3, 3)], 4)


def test_what_the_broker_refuses_of_one_partition_is_said_of_that_one() -> None:
    def refuse(_: Any) -> Any:
        raise TopicAuthorizationFailedError({PLACE.topic})

    fetched = fetcher_of(refuse)._parse_fetched_data(Fetched(PLACE, 7))
    [record] = [record_of(each) for each in fetched.record_iterator]
    assert (record.topic, record.partition, record.position, record.value) == (*PLACE, 7, b"")
    assert record.unread is not None
    assert (record.unread.first, record.unread.reason) == (7, UnreadReason.UNREADABLE)
    assert "TopicAuthorizationFailedError" in record.unread.why


def test_a_lost_position_is_still_the_librarys_to_say() -> None:
    def lost(_: Any) -> Any:
        raise OffsetOutOfRangeError({PLACE: 7})

    with pytest.raises(OffsetOutOfRangeError):
        fetcher_of(lost)._parse_fetched_data(Fetched(PLACE, 7))


def test_the_library_itself_stops_at_what_is_damaged() -> None:
    # Else none of this is needed any more.
    plain = Fetcher.PartitionRecords(0, PLACE, MemoryRecords(bytes(damaged(batch(0, [b"a"])))))
    with pytest.raises(CorruptRecordError):
        list(plain.record_iterator)
