"""Equal content has an equal hash, whatever the spelling of the JSON."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import body_hash, canonical_json
from tests.unit.schemas.test_envelope import bodies


def respell(value: object, chooser: random.Random) -> str:
    """Return JSON of `value` with shuffled keys, escapes and white space at random."""
    space = chooser.choice(["", " ", "\n\t"])
    if isinstance(value, dict):
        entries = [f"{respell(key, chooser)}{space}:{respell(entry, chooser)}" for key, entry in value.items()]
        chooser.shuffle(entries)
        return f"{{{space}{f',{space}'.join(entries)}{space}}}"
    if isinstance(value, list):
        return f"[{space}{f'{space},'.join(respell(entry, chooser) for entry in value)}{space}]"
    return json.dumps(value, ensure_ascii=chooser.choice([True, False]))


@given(bodies, st.randoms(use_true_random=False))
def test_the_hash_does_not_depend_on_spelling(body: dict[str, object], chooser: random.Random) -> None:
    assert body_hash(respell(body, chooser).encode()) == body_hash(json.dumps(body).encode())


@given(bodies, bodies)
def test_other_content_has_another_hash(one: dict[str, object], other: dict[str, object]) -> None:
    same = canonical_json(one) == canonical_json(other)
    assert (body_hash(json.dumps(one).encode()) == body_hash(json.dumps(other).encode())) == same


@given(bodies | st.dictionaries(st.text(), st.integers() | st.floats(1e-4, allow_infinity=False)))
def test_everything_is_written_as_pythons_own_encoder_does(body: dict[str, object]) -> None:
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_json(body) == plain.encode()


def test_the_hash_is_the_published_form() -> None:
    """SHA-256 of `{"a":1,"b":"ب"}` in UTF-8: other systems compute the same with a shell."""
    assert body_hash('{"b": "ب", "a": 1}'.encode()).hex() == (
        "3bd9674005049360b0adbc00359cb5515b55e5d9ad2954c2d86db727b91ca90c"
    )


def test_one_and_one_point_zero_and_true_differ() -> None:
    assert len({body_hash(b'{"a":1}'), body_hash(b'{"a":1.0}'), body_hash(b'{"a":true}'), body_hash(b'{"a":"1"}')}) == 4


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":NaN}', b'{"a":-Infinity}', b"[" * 100_000, b"9" * 5000])
def test_what_cannot_be_read_raises_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        body_hash(body)
