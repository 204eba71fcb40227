"""The text of a key, its name, and what is kept of it."""

import hmac
from hashlib import sha256
from secrets import token_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.access.tokens import KEY_ID_SIGNS, hash_of, is_key_id, key_id_of, new_token
from schemas.national_ids import holds_national_id


def test_a_key_is_its_name_and_256_bits() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    key_id, text = new_token(random)
    assert text == f"pk_{key_id}_{'A' * 43}"
    assert (asked[-1], key_id) == (32, KEY_ID_SIGNS[0] * 12)


@given(st.randoms(use_true_random=False))
def test_every_key_tells_its_name_and_no_persons_number(random: object) -> None:
    key_id, text = new_token(random.randbytes)  # type: ignore[attr-defined]  # Hypothesis types its randoms as objects
    assert key_id_of(text) == key_id
    assert is_key_id(key_id)
    assert not holds_national_id(key_id)
    assert len(text) == 3 + 12 + 1 + 43


def test_two_keys_differ() -> None:
    assert len({new_token(token_bytes).text for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pk_",
        "pk_bcdfghjklmnp",
        f"pk_bcdfghjklmnp_{'A' * 42}",
        f"pk_bcdfghjklmnp_{'A' * 44}",
        f"pk_bcdfghjklmnp_{'A' * 42}=",
        f"pk_bcdfghjklmnp_{'A' * 42}\n",
        f"pk_bcdfghjklmna_{'A' * 43}",
        f"PK_bcdfghjklmnp_{'A' * 43}",
        f" pk_bcdfghjklmnp_{'A' * 43}",
        f"pk_bcdfghjklmnp_{'ا' * 43}",
    ],
)
def test_what_is_no_key_names_none(text: str) -> None:
    assert key_id_of(text) is None


def test_what_is_kept_is_a_keyed_hash_of_the_whole_text() -> None:
    text = new_token(token_bytes).text
    assert hash_of(text, b"secret") == hmac.new(b"secret", text.encode(), sha256).digest()
    assert hash_of(text, b"secret") != hash_of(text, b"another")
