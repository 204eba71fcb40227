"""Batches that nobody can read, on a real broker: at most their own partition stands still, until a person acts."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from connectors.broker import codecs, reader
from connectors.broker.codecs import CannotUnpack
from consumers.runner.outcomes import Setback
from deploy.cli import build
from deploy.problem import Problem
from tests.integration.consumers.runner.test_runner import Running, applied, start, topic
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import write, write_packed
from tests.kit.real.engines import DatabaseUrls, Engines

__all__ = ["start", "topic"]

pytestmark = pytest.mark.integration

ROOM = 20_000
LETTERS = text("SELECT consumer, partition, position, reason, detail, length, sha256 FROM dead_letter ORDER BY id")


@pytest.fixture
def invoke(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", database.worker_url)
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *arguments: CliRunner().invoke(build("repair"), ["repair", *arguments])


def letters(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(LETTERS))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_batch_that_unpacks_to_too_much_is_a_dead_letter_and_stops_nothing(
    engines: Engines,
    engine: Engine,
    topic: str,
    start: Callable[..., Running],
    monkeypatch: pytest.MonkeyPatch,
    codec: str,
) -> None:
    monkeypatch.setattr(reader, "read_every_codec", lambda: codecs.read_every_codec(ROOM))
    login = engines.kafka_login
    write_packed(login, topic, codec, [b"x"] * 5)
    write_packed(login, topic, codec, [b"0" * ROOM] * 3)
    write_packed(login, topic, codec, [b"x"] * 5)
    write(login, topic, [b"x"] * 7, partition=1)
    worker = start("a", login, topic)
    wait_until(lambda: applied(engine) == 17, "all around it is applied")
    [letter] = letters(engine)
    assert (letter.consumer, letter.partition, letter.reason) == ("test", 0, "unpacks_too_large")
    assert (letter.position, len(letter.sha256)) == (7, 32)
    assert letter.length < ROOM, "of the batch as it lies in the log"
    assert f"positions 5 to 7, {letter.length} bytes" in letter.detail
    assert worker.telemetry.stopped == []
    wait_until(lambda: worker.telemetry.waits_for is None, "the worker is ready")


def test_what_cannot_be_read_is_shown_and_passed_by_a_person_and_by_nobody_else(
    engines: Engines,
    engine: Engine,
    topic: str,
    start: Callable[..., Running],
    invoke: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(packed: bytes | memoryview, most: int) -> bytes:
        raise CannotUnpack("zstd: nobody knows this frame")

    monkeypatch.setitem(codecs._UNPACK, "zstd_decode", unknown)
    login = engines.kafka_login
    assert "No consumer stands still" in invoke("halted").stdout
    write(login, topic, [b"x"] * 5)
    write_packed(login, topic, "zstd", [b"a claim of the agency, and the same again"] * 30)
    write(login, topic, [b"x"] * 5)
    write(login, topic, [b"x"] * 7, partition=1)
    worker = start("a", login, topic)
    wait_until(lambda: worker.telemetry.stopped != [], "the partition is halted")
    wait_until(lambda: applied(engine) == 12, "what is before it and the other partition are applied")
    assert {cause for _, cause in worker.telemetry.stopped} == {Setback.UNREADABLE}
    assert worker.telemetry.why[0] == "at positions 5 to 34: zstd: nobody knows this frame"
    shown = invoke("halted").stdout
    assert "5 to 34" in shown
    assert "nobody knows this frame" in shown
    with pytest.raises(Problem, match=r"Nobody stands still at position 4.*test stands at 5"):
        _raise(invoke("pass", topic, "0", "4", "--reason", "a mistake"))
    assert invoke("pass", topic, "0", "5", "--reason", "sent again", "--by", "zahra").exit_code == 0
    assert "zahra has passed" in invoke("pass", topic, "0", "5", "--reason", "other", "--by", "ali").stdout
    wait_until(lambda: applied(engine) == 17, "it goes on behind it", seconds=30.0)
    [letter] = letters(engine)
    assert (letter.position, letter.reason) == (34, "passed")
    assert letter.detail.startswith("passed by zahra: sent again; positions 5 to 34")
    assert "No consumer stands still" in invoke("halted").stdout


def _raise(result: Result) -> None:
    assert result.exception is not None
    raise result.exception
