"""Who calls, from memory: knowledge that is fresh, and uses that are written down now and then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from producers.access.keyring import KNOWN_FOR_SECONDS, REFRESH_SECONDS, USE_NOTED_EVERY, Keyring, KeysUnknown
from producers.access.parties import Scope
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import DESK, GAS, SECRET, key_of

#: Within so many seconds a revoked key opens nothing, in every process.
PROMISED_SECONDS = 5.0
SECOND = timedelta(seconds=1)


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def ring(seconds: Seconds) -> Keyring:
    return Keyring(SECRET, seconds)


def test_who_shows_a_key_is_its_party(ring: Keyring, seconds: Seconds) -> None:
    (gas, token), (desk, other) = key_of(GAS, Scope.SUBMIT), key_of(DESK, Scope.DESK, seed=2)
    ring.learn([gas, desk], seconds())
    assert ring.who(token, MOMENT) == gas.caller
    assert ring.who(other, MOMENT) == desk.caller


def test_a_wrong_secret_another_hash_secret_and_an_unknown_key_are_nobody(ring: Keyring, seconds: Seconds) -> None:
    (gas, token), (_, unknown) = key_of(), key_of(seed=2)
    ring.learn([gas], seconds())
    wrong = token[:-2] + ("AA" if not token.endswith("AA") else "BB")
    assert [ring.who(shown, MOMENT) for shown in (wrong, unknown, "", "pk_", token + "A")] == [None] * 5
    elsewhere = Keyring(b"another secret", seconds)
    elsewhere.learn([gas], seconds())
    assert elsewhere.who(token, MOMENT) is None
    # Its own secret under another key's name.
    assert ring.who(f"{unknown[:16]}{token[16:]}", MOMENT) is None


def test_a_hash_of_zeros_is_no_way_in(ring: Keyring, seconds: Seconds) -> None:
    _, token = key_of()
    ring.learn([], seconds())
    assert ring.who(token, MOMENT) is None


def test_what_is_revoked_or_over_opens_nothing(ring: Keyring, seconds: Seconds) -> None:
    key, token = key_of()
    ring.learn([replace(key, ends_at=MOMENT + SECOND)], seconds())
    assert ring.who(token, MOMENT) == key.caller
    assert ring.who(token, MOMENT + SECOND) is None
    ring.learn([replace(key, revoked_at=MOMENT)], seconds())
    assert ring.who(token, MOMENT) is None
    ring.learn([], seconds())
    assert ring.who(token, MOMENT) is None


def test_before_the_first_reading_and_long_after_the_last_nobody_can_tell(ring: Keyring, seconds: Seconds) -> None:
    key, token = key_of()
    assert not ring.is_fresh
    with pytest.raises(KeysUnknown):
        ring.who(token, MOMENT)
    ring.learn([key], seconds())
    seconds.now += KNOWN_FOR_SECONDS - 0.001
    assert ring.who(token, MOMENT) == key.caller
    seconds.now += 0.001
    assert not ring.is_fresh
    with pytest.raises(KeysUnknown):
        ring.who(token, MOMENT)
    assert ring.who("no key at all", MOMENT) is None, "that needs no knowledge"
    ring.learn([key], seconds())
    assert ring.who(token, MOMENT) == key.caller


def test_knowledge_counts_from_when_its_reading_began(ring: Keyring, seconds: Seconds) -> None:
    key, token = key_of()
    began = seconds()
    seconds.now += KNOWN_FOR_SECONDS
    ring.learn([key], began)
    with pytest.raises(KeysUnknown):
        ring.who(token, MOMENT)


def test_the_promise_holds_whatever_happens_to_the_database() -> None:
    assert REFRESH_SECONDS < KNOWN_FOR_SECONDS < PROMISED_SECONDS


def test_a_use_is_written_down_once_a_minute(ring: Keyring, seconds: Seconds) -> None:
    key, token = key_of()
    ring.learn([key], seconds())
    assert ring.used() == {}
    ring.who(token, MOMENT)
    ring.who(token, MOMENT + SECOND)
    assert ring.used() == {key.key_id: MOMENT}
    ring.who(token, MOMENT + USE_NOTED_EVERY - SECOND)
    assert ring.used() == {}
    ring.who(token, MOMENT + USE_NOTED_EVERY)
    assert ring.used() == {key.key_id: MOMENT + USE_NOTED_EVERY}
    assert ring.used() == {}


def test_what_another_process_wrote_down_counts(ring: Keyring, seconds: Seconds) -> None:
    key, token = key_of()
    ring.learn([replace(key, last_used_at=MOMENT)], seconds())
    ring.who(token, MOMENT + SECOND)
    assert ring.used() == {}
    ring.who(token[:-2] + "AA", MOMENT + 2 * USE_NOTED_EVERY)
    assert ring.used() == {}, "whoever is nobody uses no key"
