"""Request ids as they are typed: whole ones ask nobody, and what is no beginning of one is told at once."""

from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from deploy.problem import Problem
from deploy.terminal.request_ids import request_id_of
from deploy.use_cases import View


def nobody() -> AbstractContextManager[View]:
    raise AssertionError("the database need not be asked")


@pytest.mark.parametrize("typed", ["019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "019AB3C45D6E7F809A1B2C3D4E5F6071"])
def test_a_whole_id_is_taken_as_it_is(typed: str) -> None:
    assert request_id_of(typed, nobody) == UUID("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071")


@pytest.mark.parametrize("typed", ["", "019ab", "bill-17", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f60711", "--------"])
def test_what_is_no_id_and_no_beginning_of_one_is_told(typed: str) -> None:
    with pytest.raises(Problem, match="is no request id; copy it from the inbox"):
        request_id_of(typed, nobody)
