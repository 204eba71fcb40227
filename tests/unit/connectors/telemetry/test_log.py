"""Logs carry the request's id and no citizen's data: canaries are put in every way in, and none comes out."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from connectors.telemetry.log import (
    REPEAT_SECONDS,
    WITHHELD,
    NothingToDo,
    SeldomRepeated,
    configure_logging,
    get_log,
)

REQUEST = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NAME = "canary-name"
NATIONAL_ID = "0061234567"
CANARIES = (NAME, NATIONAL_ID, "۰۰۶۱۲۳۴۵۶۷", "6104 3377 1234 5678")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("requests", stream=written)
    yield written
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_who_when_what_and_which_request(stream: io.StringIO) -> None:
    get_log("intake").warning("claim refused", request_id=REQUEST, reason="state_forbids", count=2)
    [line] = lines(stream)
    assert line["event"] == "claim refused"
    assert line["worker"] == "requests"
    assert line["logger"] == "intake"
    assert line["level"] == "warning"
    assert line["request_id"] == str(REQUEST)
    assert line["reason"] == "state_forbids"
    assert line["count"] == 2
    assert "timestamp" in line


@pytest.mark.parametrize("canary", CANARIES)
def test_an_unknown_key_is_withheld_and_seen(stream: io.StringIO, canary: str) -> None:
    get_log("intake").warning("claim refused", citizen_name=canary)
    assert canary not in stream.getvalue()
    assert lines(stream)[0]["citizen_name"] == WITHHELD


@pytest.mark.parametrize("canary", [c for c in CANARIES if c != NAME])
def test_long_numbers_are_withheld_under_allowed_keys(stream: io.StringIO, canary: str) -> None:
    get_log("intake").warning(f"refused {canary}", reason=canary, field=["x", canary])
    assert canary not in stream.getvalue()


def test_a_national_id_as_a_number_is_withheld(stream: io.StringIO) -> None:
    get_log("intake").warning("refused", count=4061234567)
    assert "4061234567" not in stream.getvalue()


def test_amounts_and_positions_pass(stream: io.StringIO) -> None:
    get_log("intake").warning("posted", rial=12_500_000_000, position=10_000_000_001)
    assert lines(stream)[0]["rial"] == 12_500_000_000
    assert lines(stream)[0]["position"] == 10_000_000_001


@pytest.mark.parametrize("canary", CANARIES)
def test_an_exception_shows_its_place_and_not_its_message(stream: io.StringIO, canary: str) -> None:
    try:
        raise ValueError(f"Key (name)=({canary}) already exists")
    except ValueError:
        get_log("intake").exception("batch failed")
    assert canary not in stream.getvalue()
    [line] = lines(stream)
    assert line["error_type"] == "ValueError"
    assert "test_log.py" in line["error_at"]


@pytest.mark.parametrize("canary", CANARIES)
def test_a_librarys_record_shows_its_template_only(stream: io.StringIO, canary: str) -> None:
    library = logging.getLogger("kafka.consumer")
    try:
        raise ValueError(canary)
    except ValueError:
        library.exception("could not read %r", canary, extra={"name_of_citizen": canary})
    assert canary not in stream.getvalue()
    [line] = lines(stream)
    assert line["event"] == "could not read %r"
    assert line["logger"] == "kafka.consumer"
    assert line["error_type"] == "ValueError"


def test_libraries_are_quiet_below_a_warning(stream: io.StringIO) -> None:
    logging.getLogger("kafka.consumer").info("connected")
    get_log("intake").info("ready")
    assert [line["event"] for line in lines(stream)] == ["ready"]


def test_warnings_of_the_brokers_client_without_a_remedy_are_dropped() -> None:
    def warning(name: str, text: str) -> logging.LogRecord:
        return logging.LogRecord(name, logging.WARNING, "x.py", 1, text, (), None)

    slow = warning("kafka.net.selector", "Task <Task poll()> ran for 0.113s (>0.100s threshold). It is blocking")
    clear = warning("kafka.net.sasl.scram", "Exchanging credentials in the clear during Sasl Authentication")
    other = warning("kafka.net.selector", "a socket was closed")
    assert [NothingToDo(local=True).filter(record) for record in (slow, clear, other)] == [False, False, True]
    assert [NothingToDo(local=False).filter(record) for record in (slow, clear, other)] == [False, True, True]


def test_a_library_that_repeats_itself_is_heard_seldom() -> None:
    now = 0.0
    seldom = SeldomRepeated(lambda: now)
    again = logging.LogRecord("kafka.net", logging.ERROR, "x.py", 1, "connection to %s failed", ("a",), None)
    other = logging.LogRecord("kafka.net", logging.ERROR, "x.py", 1, "fetch failed", (), None)
    ours = logging.LogRecord("runner", logging.ERROR, "x.py", 1, "record parked", (), None)
    assert [seldom.filter(record) for record in (again, again, other, ours, ours)] == [True, False, True, True, True]
    now = REPEAT_SECONDS
    assert seldom.filter(again)
