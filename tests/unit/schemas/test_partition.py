"""The partition of a key is the one that Kafka's own clients compute."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as library_murmur2

from schemas.partition import murmur2, partition_of, partitions_of


@given(st.binary(max_size=80))
def test_murmur2_agrees_with_the_client_library(data: bytes) -> None:
    assert murmur2(data) == library_murmur2(data)


@given(st.text(max_size=40), st.integers(min_value=1, max_value=50))
def test_the_partition_is_the_hash_without_its_sign(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == (library_murmur2(key.encode()) & 0x7FFFFFFF) % partitions


@given(st.lists(st.text(max_size=12) | st.uuids().map(str)), st.integers(min_value=1, max_value=50))
def test_many_keys_have_the_partitions_that_each_has(keys: list[str], partitions: int) -> None:
    assert partitions_of(keys, partitions) == {key: partition_of(key, partitions) for key in keys}


def test_known_hashes_of_the_java_client() -> None:
    # From Kafka's UtilsTest.testMurmur2, as unsigned numbers.
    assert murmur2(b"21") == -973932308 & 0xFFFFFFFF
    assert murmur2(b"foobar") == -790332482 & 0xFFFFFFFF
    assert murmur2(b"a-little-bit-long-string") == -985981536 & 0xFFFFFFFF
