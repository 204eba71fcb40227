"""One record with a broken header name must not stall a partition.

kafka-python 3.0 decodes header names strictly; a name that is not UTF-8 makes `poll` raise for ever at that record's
batch, and the broker lets any client write one. Java's client, like this reading, replaces the broken bytes.
"""

from collections.abc import Callable
from typing import Any

from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint


def tolerate_broken_header_names() -> None:
    """Make the library read such records, with U+FFFD for the broken bytes; doing it twice changes nothing."""
    strictly = DefaultRecordBatch._read_msg
    if strictly is not getattr(DefaultRecordBatch, "_read_msg_tolerantly", None):
        tolerant = _tolerant(strictly)
        DefaultRecordBatch._read_msg = tolerant
        DefaultRecordBatch._read_msg_tolerantly = tolerant


def _tolerant(strictly: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(batch: Any) -> Any:
        start = batch._pos
        try:
            return strictly(batch)
        except UnicodeDecodeError:
            batch._pos = start
            return _read_again(batch)

    return read


def _read_again(batch: Any) -> Any:
    """Read one record of message format v2; the length was found good by the first reading up to the header."""
    buffer = batch._buffer
    length, body_start = decode_varint(buffer, batch._pos)
    _, position = decode_varint(buffer, body_start)  # attributes, unused by the format
    timestamp_delta, position = decode_varint(buffer, position)
    offset_delta, position = decode_varint(buffer, position)
    key, position = _bytes(buffer, position)
    value, position = _bytes(buffer, position)
    header_count, position = decode_varint(buffer, position)
    headers = []
    for _ in range(header_count):
        name, position = _bytes(buffer, position)
        content, position = _bytes(buffer, position)
        headers.append(((name or b"").decode("utf-8", "replace"), content))
    batch._pos = body_start + length
    appended = batch.timestamp_type == batch.LOG_APPEND_TIME
    timestamp = batch.max_timestamp if appended else batch.first_timestamp + timestamp_delta
    offset = batch.base_offset + offset_delta
    return DefaultRecord(length, offset, timestamp, batch.timestamp_type, key, value, headers)


def _bytes(buffer: Any, position: int) -> tuple[bytes | None, int]:
    length, position = decode_varint(buffer, position)
    if length < 0:
        return None, position
    return bytes(buffer[position : position + length]), position + length
