"""Unpacking batches: what every client packs is read, and nothing is unpacked beyond its room."""

import gzip
import struct
from collections.abc import Callable
from contextlib import suppress

import cramjam
import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka import codec
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from connectors.broker.codecs import (
    PARTS_MAX,
    CannotUnpack,
    Unpack,
    UnpacksTooLarge,
    read_every_codec,
    unpack_gzip,
    unpack_lz4,
    unpack_snappy,
    unpack_zstd,
)
from schemas.limits import BATCH_UNPACKED_BYTES_MAX, TOPIC_LIMITS

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
#: Packs as a client does.
Pack = Callable[[bytes], bytes]
XERIAL = b"\x82SNAPPY\x00" + struct.pack("!ii", 1, 1)


def snappy(plain: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(plain))


def blocks(*pieces: bytes) -> bytes:
    """Pack as Java's client does: a header, then each block behind its length."""
    packed = [snappy(piece) for piece in pieces]
    return XERIAL + b"".join(struct.pack("!i", len(each)) + each for each in packed)


def in_blocks(plain: bytes) -> bytes:
    return blocks(*(plain[start : start + 700] for start in range(0, len(plain), 700)))


def zstd(plain: bytes) -> bytes:
    return bytes(cramjam.zstd.compress(plain))


def in_one_frame(plain: bytes) -> bytes:
    return bytes(lz4.frame.compress(plain, block_linked=False))


PACKED: dict[str, tuple[Pack, Unpack]] = {
    "gzip": (gzip.compress, unpack_gzip),
    "snappy": (snappy, unpack_snappy),
    "java's snappy": (in_blocks, unpack_snappy),
    "lz4": (in_one_frame, unpack_lz4),
    "zstd": (zstd, unpack_zstd),
}
each_codec = pytest.mark.parametrize(("pack", "unpack"), PACKED.values(), ids=PACKED)


@each_codec
@settings(deadline=None)
@given(
    plain=st.one_of(
        st.binary(min_size=1, max_size=4_000), st.builds(bytes.__mul__, st.just(b"ab"), st.integers(1, 9_000))
    )
)
def test_what_is_packed_comes_out_again_if_there_is_room_for_it_and_not_with_one_byte_less(
    pack: Pack, unpack: Unpack, plain: bytes
) -> None:
    packed = bytes(pack(plain))
    assert unpack(packed, len(plain)) == plain
    assert unpack(memoryview(packed), len(plain) + 1) == plain
    with pytest.raises(UnpacksTooLarge, match=f"more than {len(plain) - 1} bytes"):
        unpack(packed, len(plain) - 1)


@each_codec
@settings(deadline=None)
@given(damaged=st.data())
def test_what_is_damaged_is_said_to_be_so_or_stays_within_its_room(
    pack: Pack, unpack: Unpack, damaged: st.DataObject
) -> None:
    packed = bytearray(pack(b"a claim of an agency, and the same again, a claim of an agency" * 20))
    for _ in range(damaged.draw(st.integers(1, 3))):
        packed[damaged.draw(st.integers(0, len(packed) - 1))] = damaged.draw(st.integers(0, 255))
    del packed[damaged.draw(st.integers(0, len(packed))) :]
    with suppress(CannotUnpack, UnpacksTooLarge):
        assert len(unpack(bytes(packed), 2_000)) <= 2_000


@each_codec
def test_what_is_cut_is_no_batch(pack: Pack, unpack: Unpack) -> None:
    packed = bytes(pack(b"0123456789" * 300))
    with pytest.raises(CannotUnpack):
        unpack(packed[:-1], 10_000)


def test_snappy_is_refused_by_what_it_declares_before_anything_is_unpacked() -> None:
    # A length of 4 GB, and nothing behind it.
    declares_much = b"\xff\xff\xff\xff\x0f"
    with pytest.raises(UnpacksTooLarge):
        unpack_snappy(declares_much, 1_000)
    with pytest.raises(UnpacksTooLarge):
        unpack_snappy(XERIAL + struct.pack("!i", len(declares_much)) + declares_much, 1_000)


def test_javas_blocks_share_one_room() -> None:
    with pytest.raises(UnpacksTooLarge, match="more than 1000 bytes"):
        unpack_snappy(blocks(b"a" * 600, b"b" * 600), 1_000)
    assert unpack_snappy(blocks(b"a" * 600, b"b" * 400), 1_000) == b"a" * 600 + b"b" * 400


@pytest.mark.parametrize("length", [-1, 0, 900])
def test_a_block_that_is_not_there_is_no_block(length: int) -> None:
    with pytest.raises(CannotUnpack):
        unpack_snappy(XERIAL + struct.pack("!i", length) + b"abc", 1_000)


def test_a_block_without_a_whole_length_is_no_block() -> None:
    with pytest.raises(CannotUnpack, match="length is missing"):
        unpack_snappy(XERIAL + b"\0\0", 1_000)


@pytest.mark.parametrize(("pack", "unpack"), [PACKED["gzip"], PACKED["lz4"]], ids=["gzip", "lz4"])
def test_several_parts_are_read_and_many_are_not(pack: Pack, unpack: Unpack) -> None:
    part = bytes(pack(b"x"))
    assert unpack(part * PARTS_MAX, PARTS_MAX) == b"x" * PARTS_MAX
    with pytest.raises(UnpacksTooLarge):
        unpack(part * PARTS_MAX, PARTS_MAX - 1)
    with pytest.raises(CannotUnpack, match="parts"):
        unpack(part * (PARTS_MAX + 1), 1_000)


@pytest.mark.parametrize("kind", [GZIP, SNAPPY, LZ4, ZSTD])
def test_the_library_reads_batches_of_every_codec(kind: int) -> None:
    read_every_codec()
    assert [record.value for record in DefaultRecordBatch(batch_of(kind, [b"one", b"two"]))] == [b"one", b"two"]


@pytest.mark.parametrize("kind", [GZIP, SNAPPY, LZ4, ZSTD])
def test_the_library_unpacks_no_more_than_it_may(kind: int) -> None:
    packed = batch_of(kind, [b"0" * 5_000])
    assert len(packed) < 400
    read_every_codec(4_000)
    try:
        with pytest.raises(UnpacksTooLarge):
            next(iter(DefaultRecordBatch(packed)))
    finally:
        read_every_codec()
    assert [record.value for record in DefaultRecordBatch(packed)] == [b"0" * 5_000]


def test_the_library_does_not_ask_for_packages_that_nobody_needs() -> None:
    read_every_codec()
    assert all((codec.has_snappy(), codec.has_lz4(), codec.has_zstd()))


def test_whatever_a_topic_takes_unpacked_is_read() -> None:
    assert max(limits.batch_bytes for limits in TOPIC_LIMITS) * 4 <= BATCH_UNPACKED_BYTES_MAX


def batch_of(kind: int, values: list[bytes]) -> bytes:
    """Return one record batch as the broker hands it out, packed with codec number `kind`."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=100_000,
    )
    for number, value in enumerate(values):
        builder.append(number, 1_700_000_000_000, None, value, [])
    plain = bytes(builder.build())
    head = DefaultRecordBatch.HEADER_STRUCT.size
    packs: dict[int, Pack] = {GZIP: gzip.compress, SNAPPY: in_blocks, LZ4: in_one_frame, ZSTD: zstd}
    fields = list(DefaultRecordBatch.HEADER_STRUCT.unpack(plain[:head]))
    packed = packs[kind](plain[head:])
    fields[1] = head - 12 + len(packed)
    fields[5] = kind
    return bytes(DefaultRecordBatch.HEADER_STRUCT.pack(*fields)) + packed
