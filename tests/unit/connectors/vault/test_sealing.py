"""What is sealed opens with its key, for its request, unchanged, and in no other way."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vault import sealing
from connectors.vault.keys import VaultKeys, new_keys, read_keys, text_of, write_new
from producers.vault.ports import VaultUnavailable
from tests.kit.values.persons import national_id, person

REQUEST = UUID(int=7)
FIELDS = st.dictionaries(st.text(max_size=9), st.one_of(st.text(max_size=30), st.integers(), st.booleans()), max_size=5)


@given(FIELDS)
def test_fields_come_back_as_they_were(fields: dict[str, object]) -> None:
    key = sealing.new_data_key()
    assert sealing.unseal(key, REQUEST, sealing.seal(key, REQUEST, fields)) == fields


def test_the_same_fields_never_look_the_same_and_show_nothing() -> None:
    key, fields = sealing.new_data_key(), {"name": "Sara", "id": national_id(1)}
    blobs = {sealing.seal(key, REQUEST, fields) for _ in range(20)}
    assert len(blobs) == 20
    assert not any(b"Sara" in blob or national_id(1).encode() in blob for blob in blobs)


@given(st.data())
def test_what_was_changed_or_is_anothers_does_not_open(data: st.DataObject) -> None:
    key = sealing.new_data_key()
    blob = sealing.seal(key, REQUEST, {"name": "Sara"})
    place = data.draw(st.integers(0, len(blob) - 1))
    changed = blob[:place] + bytes([blob[place] ^ data.draw(st.integers(1, 255))]) + blob[place + 1 :]
    for wrong_key, request_id, wrong in (
        (key, REQUEST, changed),
        (key, uuid4(), blob),
        (sealing.new_data_key(), REQUEST, blob),
        (key, REQUEST, blob[:-1]),
        (key, REQUEST, b""),
    ):
        with pytest.raises(VaultUnavailable):
            sealing.unseal(wrong_key, request_id, wrong)


def test_a_persons_key_is_bound_to_its_reference_and_to_the_vaults_key() -> None:
    keys, citizen_ref = new_keys(), uuid4()
    data_key = sealing.new_data_key()
    wrapped = sealing.wrap(keys, data_key, citizen_ref)
    assert sealing.unwrap(keys, 1, wrapped, citizen_ref) == data_key
    newer = keys.with_new()
    assert sealing.unwrap(newer, 1, wrapped, citizen_ref) == data_key
    for other, whose in (
        (new_keys(), citizen_ref),
        (keys, uuid4()),
        (newer.newest_alone(), citizen_ref),
    ):
        with pytest.raises(VaultUnavailable):
            sealing.unwrap(other, 1, wrapped, whose)


def test_a_person_is_found_again_by_a_hash_that_needs_the_key() -> None:
    keys, other = new_keys(), new_keys()
    assert sealing.number_hash(keys, person(1)) == sealing.number_hash(keys.with_new(), person(1))
    hashes = {
        sealing.number_hash(keys, person(1)),
        sealing.number_hash(keys, person(2)),
        sealing.number_hash(other, person(1)),
    }
    assert len(hashes) == 3


def test_a_key_file_is_its_owners_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "vault" / "key.json"
    keys = new_keys().with_new()
    write_new(path, keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path) == keys
    assert read_keys(path).fingerprint == keys.fingerprint != new_keys().fingerprint
    with pytest.raises(FileExistsError):
        write_new(path, new_keys())
    assert keys.numbers.hex() not in repr(keys)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"numbers": "00", "wrapping": {"1": "00"}}', '{"numbers": 1}'])
def test_what_is_no_key_file_is_said_without_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    with pytest.raises(VaultUnavailable, match="is missing"):
        read_keys(path)
    path.write_text(content)
    with pytest.raises(VaultUnavailable, match=r"is no key file of a vault$"):
        read_keys(path)


def test_text_of_a_file_reads_back(tmp_path: Path) -> None:
    keys = VaultKeys(bytes(32), {3: bytes(32)})
    path = tmp_path / "key.json"
    path.write_text(text_of(keys))
    assert (read_keys(path), keys.newest) == (keys, 3)
