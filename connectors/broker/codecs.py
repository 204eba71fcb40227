"""Unpacking record batches: all four codecs of Kafka, and never more than so many bytes of one batch.

The library reads snappy and zstd only with packages that it does not ask for, and unpacks whatever a batch holds: a
small one may hold gigabytes. Here every decoder is given its room beforehand, so that memory stays bounded whatever a
header says. The decoders are those that are there anyway: `zlib`, `lz4`, and `cramjam`, which aiokafka reads with.
"""

import struct
import zlib
from collections.abc import Callable
from typing import Protocol

import cramjam
import lz4.frame
from kafka import codec
from kafka.record import default_records, legacy_records

from schemas.limits import BATCH_UNPACKED_BYTES_MAX

#: A client writes one gzip member or lz4 frame per batch. Each one more copies the rest, so that many cost much.
PARTS_MAX = 16
#: What a packed batch is first given room for, as a multiple of its size; it is tried again with four times as much.
FIRST_ROOM = 8
#: What the name of Java's snappy blocks begins with; its version and the lowest one that reads it follow, 4 bytes each.
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_GZIP_BITS = 31
#: What cramjam says when the room that it was given is too small; everything else is bad input.
_NO_ROOM = "failed to write whole buffer"


class UnpacksTooLarge(Exception):
    """A batch holds more than it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it unpacks to more than {most} bytes; send smaller batches (batch.size, linger.ms)")


class CannotUnpack(Exception):
    """A batch is not what its codec says: it is cut, damaged or something else."""


class Unpack(Protocol):
    """Unpacks one batch's records. Raises `UnpacksTooLarge`, holding at most `most` bytes, and `CannotUnpack`."""

    def __call__(self, packed: bytes | memoryview, most: int) -> bytes | bytearray:
        """Return what `packed` holds, if that is `most` bytes at most."""


def unpack_gzip(packed: bytes | memoryview, most: int) -> bytearray:
    """Implement `Unpack`."""
    unpacked, rest, parts = bytearray(), bytes(packed), 0
    while rest:
        parts = _one_more_part(parts)
        stream = zlib.decompressobj(wbits=_GZIP_BITS)
        try:
            unpacked += stream.decompress(rest, most + 1 - len(unpacked))
        except zlib.error as error:
            raise CannotUnpack(f"gzip: {error}") from error
        if len(unpacked) > most:
            raise UnpacksTooLarge(most)
        if not stream.eof:
            raise CannotUnpack("gzip: its end is missing")
        rest = stream.unused_data.lstrip(b"\0")
    return unpacked


def unpack_lz4(packed: bytes | memoryview, most: int) -> bytearray:
    """Implement `Unpack`."""
    unpacked, rest, parts = bytearray(), bytes(packed), 0
    while rest:
        parts = _one_more_part(parts)
        stream = lz4.frame.LZ4FrameDecompressor()
        try:
            unpacked += stream.decompress(rest, max_length=most + 1 - len(unpacked))
        except (RuntimeError, EOFError, ValueError) as error:
            raise CannotUnpack(f"lz4: {error}") from error
        if len(unpacked) > most:
            raise UnpacksTooLarge(most)
        if not stream.eof:
            raise CannotUnpack("lz4: its end is missing")
        rest = stream.unused_data or b""
    return unpacked


def unpack_snappy(packed: bytes | memoryview, most: int) -> bytearray:
    """Implement `Unpack`, for one raw block and for Java's row of blocks, each of which says its length beforehand."""
    whole = memoryview(packed)
    if bytes(whole[: len(_XERIAL)]) != _XERIAL:
        return _snappy_block(whole, most, most)
    unpacked, place = bytearray(), _XERIAL_HEADER_BYTES
    while place < len(whole):
        try:
            (length,) = struct.unpack_from("!i", whole, place)
        except struct.error as error:
            raise CannotUnpack("snappy: a block's length is missing") from error
        place += 4
        if not 0 < length <= len(whole) - place:
            raise CannotUnpack("snappy: a block is longer than what there is")
        unpacked += _snappy_block(whole[place : place + length], most - len(unpacked), most)
        place += length
    return unpacked


def unpack_zstd(packed: bytes | memoryview, most: int) -> bytearray:
    """Implement `Unpack`."""
    room = min(most, max(1, FIRST_ROOM * len(packed)))
    while True:
        unpacked = bytearray(room)
        try:
            length = cramjam.zstd.decompress_into(bytes(packed), unpacked)
        except cramjam.DecompressionError as error:
            if str(error) != _NO_ROOM:
                raise CannotUnpack(f"zstd: {error}") from error
            if room == most:
                raise UnpacksTooLarge(most) from error
            room = min(most, 4 * room)
        else:
            del unpacked[length:]
            return unpacked


def read_every_codec(most: int = BATCH_UNPACKED_BYTES_MAX) -> None:
    """Make the library unpack with these, up to `most` bytes of one batch; doing it twice changes nothing more."""
    for name, unpack in _UNPACK.items():
        bounded = _bounded(unpack, most)
        for module in (codec, default_records, legacy_records):
            if hasattr(module, name):
                setattr(module, name, bounded)
    for name in ("has_snappy", "has_lz4", "has_zstd"):
        setattr(codec, name, _yes)


_UNPACK: dict[str, Unpack] = {
    "gzip_decode": unpack_gzip,
    "snappy_decode": unpack_snappy,
    "lz4_decode": unpack_lz4,
    "zstd_decode": unpack_zstd,
}


def _yes() -> bool:
    return True


def _bounded(unpack: Unpack, most: int) -> Callable[[bytes | memoryview], bytes | bytearray]:
    def decode(packed: bytes | memoryview) -> bytes | bytearray:
        return unpack(packed, most)

    return decode


def _snappy_block(block: memoryview, room: int, most: int) -> bytearray:
    """Unpack one block into `room` bytes at most; `most` is what the whole batch may hold."""
    packed = bytes(block)
    try:
        length = cramjam.snappy.decompress_raw_len(packed)
        if length > room:
            raise UnpacksTooLarge(most)
        unpacked = bytearray(length)
        cramjam.snappy.decompress_raw_into(packed, unpacked)
    except cramjam.DecompressionError as error:
        raise CannotUnpack(str(error)) from error
    return unpacked


def _one_more_part(parts: int) -> int:
    if parts == PARTS_MAX:
        raise CannotUnpack(f"it has more than {PARTS_MAX} parts; a client writes one")
    return parts + 1
