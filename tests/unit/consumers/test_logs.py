"""Records of our own logs: what is read, and what is told of one that cannot be ours."""

from dataclasses import replace

import pytest

from consumers.logs import LogUnreadable, event_of, read_log
from consumers.runner.records import Record
from schemas.decode import EventInvalid
from schemas.envelope import EnvelopeInvalid
from schemas.log_requests import RequestOpened
from schemas.problems import FieldProblem
from schemas.topics import LOG_SETTLEMENT
from tests.kit.values.recorded import recorded

OPENED = RequestOpened.type_name()
RECORD = next(one for one in recorded("b84f210").records if ("ce_type", OPENED.encode()) in one.headers)


def test_a_record_is_the_event_that_its_header_says() -> None:
    received = read_log(RECORD)
    assert isinstance(received.event, RequestOpened)
    assert (received.envelope.type, received.envelope.sequence) == (OPENED, 1)


def test_an_event_of_another_log_is_not_read() -> None:
    with pytest.raises(LogUnreadable, match=f"ce_type: .*{LOG_SETTLEMENT.name}"):
        read_log(replace(RECORD, topic=LOG_SETTLEMENT.name))


def test_a_record_of_a_topic_that_is_not_ours_is_not_read() -> None:
    with pytest.raises(LogUnreadable, match="ce_type"):
        event_of(replace(RECORD, topic="somebody.else"), OPENED)


def test_a_record_without_a_body_is_not_read() -> None:
    with pytest.raises(LogUnreadable, match="body: is missing"):
        read_log(replace(RECORD, value=None))


@pytest.mark.parametrize(
    ("broken", "problem"),
    [(replace(RECORD, value=b"{}"), EventInvalid), (replace(RECORD, headers=()), EnvelopeInvalid)],
)
def test_every_problem_of_a_record_names_its_field(broken: Record, problem: type[FieldProblem]) -> None:
    with pytest.raises(problem) as raised:
        read_log(broken)
    assert raised.value.field
    assert str(raised.value) == f"{raised.value.field}: {raised.value.problem}"
