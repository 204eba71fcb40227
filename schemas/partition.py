"""Which partition a key belongs to: murmur2, exactly as Kafka's own Java clients compute it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import Struct, unpack_from
from typing import NamedTuple

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@lru_cache(maxsize=16_384)
def partition_of(key: str, partitions: int) -> int:
    """Return the partition of `key` in a topic with `partitions` partitions."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def partitions_of(keys: Iterable[str], partitions: int) -> dict[str, int]:
    """Return the partition of each of `keys`, as `partition_of` does; a fifth of the cost for keys of one length.

    Ids are of one length, and a batch publishes thousands.
    """
    alike: defaultdict[int, dict[str, bytes]] = defaultdict(dict)
    for key in keys:
        data = key.encode()
        alike[len(data)][key] = data
    return {
        key: (value & 0x7FFFFFFF) % partitions
        for length, group in alike.items()
        for key, value in zip(group, _murmur2_of_all(list(group.values()), length), strict=True)
    }


def murmur2(data: bytes) -> int:
    """Return the 32-bit murmur2 hash of `data`, unsigned."""
    length = len(data)
    words = length // 4
    value = _SEED ^ length
    for word in unpack_from(f"<{words}I", data):
        mixed = (word * _MULTIPLIER) & _MASK
        mixed = ((mixed ^ (mixed >> 24)) * _MULTIPLIER) & _MASK
        value = ((value * _MULTIPLIER) & _MASK) ^ mixed
    tail = data[words * 4 :]
    if tail:
        value = ((value ^ int.from_bytes(tail, "little")) * _MULTIPLIER) & _MASK
    value = ((value ^ (value >> 13)) * _MULTIPLIER) & _MASK
    return value ^ (value >> 15)


def _murmur2_of_all(alike: Sequence[bytes], length: int) -> Sequence[int]:
    """Return the hashes of byte strings that all are `length` long.

    All at once: every step of `murmur2` is one on a long number, in which each string has a lane of 64 bits; the lower
    half holds its value, and products overflow into the upper one.
    """
    if length % 4:
        return [murmur2(data) for data in alike]
    lanes, words = Struct(f"<{len(alike)}Q"), length // 4
    all_words = unpack_from(f"<{len(alike) * words}I", b"".join(alike))

    def in_lanes(values: Sequence[int]) -> int:
        return int.from_bytes(lanes.pack(*values), "little")

    mask = in_lanes([_MASK] * len(alike))
    value = in_lanes([_SEED ^ length] * len(alike))
    for place in range(words):
        mixed = in_lanes(all_words[place::words]) * _MULTIPLIER & mask
        mixed = ((mixed ^ mixed >> 24) & mask) * _MULTIPLIER & mask
        value = (value * _MULTIPLIER & mask) ^ mixed
    value = ((value ^ value >> 13) & mask) * _MULTIPLIER & mask
    return lanes.unpack(((value ^ value >> 15) & mask).to_bytes(lanes.size, "little"))
