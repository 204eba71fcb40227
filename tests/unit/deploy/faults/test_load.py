"""A load says everything until it is acknowledged, and hides nothing that goes wrong beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.faults.journal import Journal
from deploy.faults.load import Load
from deploy.faults.visits import Visits
from deploy.faults.waiting import until
from producers.ports import LogUnavailable
from schemas.message import Message


class Listener:
    """Takes what is said, after so many refusals."""

    def __init__(self, refusals: float) -> None:
        self._refusals = refusals
        self.heard: list[Message] = []

    def take(self, messages: Sequence[Message]) -> None:
        if self._refusals > 0:
            self._refusals -= 1
            raise LogUnavailable("away")
        self.heard += messages

    to_broker = to_outbox = take


@contextmanager
def load(listener: Listener, folder: Path) -> Iterator[tuple[Load, Journal]]:
    journal = Journal(folder / "journal.ndjson")
    visits = Visits("seed", "tag", datetime(2026, 11, 23, 6, 0, tzinfo=UTC)).stream()
    yield Load(listener, journal, visits), journal
    journal.close()


def test_what_is_refused_is_said_again_until_it_is_acknowledged(tmp_path: Path) -> None:
    listener = Listener(refusals=2)
    with load(listener, tmp_path) as (speaks, journal):
        speaks.start()
        until(lambda: listener.heard, "something to be taken", 10.0)
        speaks.stop()
        entries = journal.entries()
    assert len(entries) == len(listener.heard) > 0
    assert all(entry.acknowledged for entry in entries)


def test_what_nobody_takes_is_in_the_journal_and_is_not_acknowledged(tmp_path: Path) -> None:
    with load(Listener(refusals=float("inf")), tmp_path) as (speaks, journal):
        speaks.start()
        until(journal.entries, "something to be said", 10.0)
        with pytest.raises(LogUnavailable, match="took nothing"):
            speaks.stop(patience_seconds=0.0)
        entries = journal.entries()
    assert entries
    assert not any(entry.acknowledged for entry in entries)


def test_who_abandons_it_does_not_wait_and_hears_nothing_of_it(tmp_path: Path) -> None:
    with load(Listener(refusals=float("inf")), tmp_path) as (speaks, journal):
        speaks.start()
        until(journal.entries, "something to be said", 10.0)
        speaks.abandon()
        assert not any(entry.acknowledged for entry in journal.entries())
