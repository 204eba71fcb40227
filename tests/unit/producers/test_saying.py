"""Saying something once: when two requests are the same, and what a caller's key may be."""

import pytest

from producers.saying import Before, Kept, KeyReused, Wish, fingerprint, is_key, repeated
from schemas.envelope import Envelope
from schemas.message import Message

SECRET = b"secret"


def test_a_fingerprint_is_of_act_thing_and_words() -> None:
    said = {"b": 1, "a": "متن"}
    same = fingerprint(SECRET, "accept", "r", said)
    assert same == fingerprint(SECRET, "accept", "r", {"a": "متن", "b": 1})
    others = [
        fingerprint(b"other", "accept", "r", said),
        fingerprint(SECRET, "start", "r", said),
        fingerprint(SECRET, "accept", "q", said),
        fingerprint(SECRET, "accept", None, said),
        fingerprint(SECRET, "accept", "r", {**said, "b": 2}),
    ]
    assert len({same, *others}) == 6


def test_the_same_again_is_kept_and_something_else_is_not() -> None:
    envelope = Envelope("e-2", "/agencies/gas", "t")
    wish = Wish(Message("topic", "subject-2", envelope, b"{}"), None, "k", b"print")
    assert repeated(wish, Before("e-1", "subject-1", b"print")) == Kept("e-1", "subject-1", again=True)
    assert repeated(wish, Before("e-1", "subject-1", b"other")) == KeyReused()


@pytest.mark.parametrize(
    ("text", "good"), [("a", True), ("x" * 200, True), ("", False), ("x" * 201, False), ("é", False)]
)
def test_a_key_is_visible_and_short(text: str, good: bool) -> None:
    assert is_key(text) == good
    assert not is_key("a b")
    assert not is_key("a\n")
