"""A tracking code is random, can be read aloud, and is given to a request once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from connectors.ids import code_bits
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.domain.life.tracking import CODE_BYTES, SIGNS, code_of
from schemas.base import TrackingCode
from schemas.log_requests import RequestOpened
from tests.kit.values.requests_world import ACCEPTED, DECLINED, PATHS, REQUEST, SUBMITTED, at, walk

LOOK_ALIKES = ("0OQD", "1IL7", "8B", "5S", "2Z", "6G", "UV", "9GQ", "MN", "EF", "CG", "PR", "VW")
SOUND_ALIKES = ("BCDEGPTVZ", "AJK", "MN", "FS", "QU", "IY")


def test_no_two_signs_look_or_sound_alike() -> None:
    assert len(set(SIGNS)) == len(SIGNS) == 16
    for alike in (*LOOK_ALIKES, *SOUND_ALIKES):
        assert len(set(alike) & set(SIGNS)) <= 1, alike


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_every_bit_counts_and_the_schema_takes_what_is_made(bits: bytes) -> None:
    code = code_of(bits)
    assert TypeAdapter(TrackingCode).validate_python(code) == code
    read = "".join(f"{SIGNS.index(sign):04b}" for sign in code.replace("-", ""))
    assert int(read, 2).to_bytes(CODE_BYTES, "big") == bits, "64 bits in, and the same 64 out"


@pytest.mark.parametrize("length", [0, 7, 9])
def test_fewer_bits_than_declared_are_no_code(length: int) -> None:
    with pytest.raises(AssertionError, match="8 random bytes"):
        code_of(bytes(length))


def test_the_randomness_does_not_depend_on_the_request() -> None:
    assert len({code_bits(REQUEST) for _ in range(100)}) == 100
    assert {len(code_bits(REQUEST)) for _ in range(10)} == {CODE_BYTES}


def test_it_is_in_the_first_event_and_in_the_row_and_stays() -> None:
    state, events = walk(SUBMITTED, DECLINED, ACCEPTED)
    opened = events[0]
    assert isinstance(opened, RequestOpened)
    assert opened.tracking_code is not None
    assert re.fullmatch("[2-9FKMRTWXY-]{19}", opened.tracking_code)
    assert state.tracking_code == opened.tracking_code


@pytest.mark.parametrize(
    "stage", [stage for stage in PATHS if stage not in (RequestStage.AWAITED, RequestStage.PARKED)]
)
def test_whoever_is_opened_has_one_refused_or_not(stage: RequestStage) -> None:
    assert at(stage).tracking_code is not None


@pytest.mark.parametrize("stage", [RequestStage.AWAITED, RequestStage.PARKED])
def test_before_that_there_is_none(stage: RequestStage) -> None:
    assert at(stage).tracking_code is None
