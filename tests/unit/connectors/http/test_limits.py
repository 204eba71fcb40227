"""Limits of one caller: turns, bytes and time; whoever takes more is told so, and nothing is kept."""

import asyncio
from typing import Any

import pytest

from connectors.http import limits
from connectors.http.limits import HttpLimits, Turns, body_of
from connectors.http.problems import Refused
from tests.kit.values.doors import GAS, WATER, Doors

SUBMISSION = {"service": "gas.copy", "origin": "agency", "city": "bojnurd"}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(turns: Turns, key: str, count: int = 1) -> bool:
    try:
        turns.take(key, count)
    except Refused as problem:
        return problem.row.name == "too_many_requests"
    return False


def test_a_key_has_its_turns_every_second_and_no_others() -> None:
    clock = Clock()
    turns = Turns(HttpLimits(key_per_second=10), clock)
    assert [refused(turns, "a") for _ in range(12)] == [False] * 10 + [True] * 2
    assert not refused(turns, "b"), "another key has its own"
    clock.now += 0.1
    assert [refused(turns, "a") for _ in range(2)] == [False, True]
    clock.now += 60
    assert [refused(turns, "a") for _ in range(11)] == [False] * 10 + [True], "what was not used is not saved up"
    clock.now += 60
    assert not refused(turns, "c", 10)
    assert refused(turns, "c")


def test_strangers_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REMEMBERED_MAX", 50)
    clock = Clock()
    turns = Turns(HttpLimits(stranger_per_second=1), clock)
    for number in range(500):
        clock.now += 0.5
        turns.take_as_stranger(f"10.0.0.{number}")
    assert len(turns._over_at) <= 50
    with pytest.raises(Refused):
        turns.take_as_stranger("10.0.0.499")


def test_a_key_with_too_many_calls_is_told_when_to_come_again() -> None:
    doors = Doors(limits=HttpLimits(key_per_second=3, stranger_per_second=2))
    gas, water = doors.key(GAS), doors.key(WATER)
    answers = [doors.ask("POST", "/v1/requests", gas, json=SUBMISSION) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201, 429}
    assert answers[-1].headers["retry-after"] == "1"
    assert doors.ask("POST", "/v1/requests", water, json=SUBMISSION).status_code == 201
    strangers = [doors.ask("POST", "/v1/requests", "pk_x", json=SUBMISSION).status_code for _ in range(4)]
    assert strangers == [401, 401, 429, 429]


class Sender:
    """A client that sends its body in parts, and hangs when it has no more."""

    def __init__(self, *parts: bytes, ends: bool = True) -> None:
        self._parts = list(parts)
        self._ends = ends
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        if not self._parts:
            await asyncio.Event().wait()
        self.taken += 1
        body = self._parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self._parts) or not self._ends}


def read(sender: Sender, declared: bytes | None = None, most: int = 10, seconds: float = 5.0) -> bytes:
    return asyncio.run(body_of(sender, declared, most, seconds))


def test_a_body_comes_whole_or_in_parts() -> None:
    assert read(Sender(b"abc")) == b"abc"
    assert read(Sender(b"abc", b"", b"def"), b"6") == b"abcdef"
    assert read(Sender(b"")) == b""


@pytest.mark.parametrize("declared", [b"11", b"999999999999"])
def test_what_is_declared_too_large_is_not_read(declared: bytes) -> None:
    sender = Sender(b"x" * 11)
    with pytest.raises(Refused) as refusal:
        read(sender, declared)
    assert (refusal.value.row.name, sender.taken) == ("body_too_large", 0)
    assert (b"connection", b"close") in refusal.value.headers


def test_an_endless_body_is_read_up_to_its_bound() -> None:
    sender = Sender(*[b"xxxx"] * 1_000)
    with pytest.raises(Refused) as refusal:
        read(sender)
    assert (refusal.value.row.name, sender.taken) == ("body_too_large", 3)


@pytest.mark.parametrize("declared", [b"-1", b"x", b"1" * 16, b""])
def test_a_length_that_is_no_number_cannot_be_read(declared: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read(Sender(b"x"), declared)
    assert refusal.value.row.name == "malformed_request"


def test_a_body_that_does_not_come_ends() -> None:
    with pytest.raises(Refused) as refusal:
        read(Sender(b"x", ends=False), seconds=0.01)
    assert refusal.value.row.name == "too_slow"
