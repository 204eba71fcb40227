"""Every place is looked at: what is wrong in one alone is among the findings, however much is read at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from consumers.reconciliation import comparison
from consumers.reconciliation.comparison import Comparison
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.views import ComparedPosition, Marker, Removed, Revision, Taught
from consumers.runner.records import Record, Span
from consumers.settlement.expected import expected_of
from schemas.partition import Place
from schemas.topics import LOG_REQUESTS
from tests.kit.values.reconciliation_memory import LOGS, NOON, MemoryBus, MemoryLogs, MemorySnapshot, MemoryStore

LOG = LOGS[0]
#: What each of these says is wrong, and how it is found.
REVISION = Revision(1, True, None, None, False, True)
MARKER = Marker(1, "marker-1", LOG.partition, 0, False)
UNTAUGHT = Taught(*LOG, 0, "e-1", "request-1", shown=False, excused=False)
REMOVED = Removed(*LOG, "/bus", "e-2", "request-2", 1)


class Wrong(MemorySnapshot):
    """A snapshot with one thing wrong in every place that the bus in miniature does not have."""

    def positions(self, partitions: Sequence[object]) -> list[ComparedPosition]:
        # Everybody has passed everything.
        passed = [ComparedPosition(one.consumer, one.place, 1, True) for one in super().positions([])]
        return [*passed, ComparedPosition("kpi", LOG, 1, True), ComparedPosition("settlement", LOG, 1, True)]

    def revisions(self) -> Iterator[Revision]:
        yield REVISION

    def markers(self) -> Iterator[Marker]:
        yield MARKER

    def taught(self) -> Iterator[Taught]:
        yield UNTAUGHT

    def removed(self) -> Iterator[Removed]:
        yield REMOVED

    def closed_windows(self) -> Iterator[tuple[int, bool]]:
        yield 7, False


class WrongStore(MemoryStore):
    """Gives the wrong snapshot."""

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        yield Wrong(self.bus.database, self.facts)


def found(bus: MemoryBus, store: MemoryStore, logs: MemoryLogs | None = None) -> list[Finding]:
    compared = Comparison(logs or MemoryLogs(bus), store, expected_of, lambda what, done, total: None)
    return list(compared.findings())


def append_foreign(bus: MemoryBus, place: Place = LOG) -> int:
    """Let somebody write what the bus would not; return where."""
    position = len(bus.logs[place])
    bus.logs[place].append(Record(*place, position, b"k", (("ce_id", b"e"),), b"{}", NOON))
    return position


def test_what_is_wrong_with_registry_windows_and_figures_is_named() -> None:
    bus = MemoryBus()
    append_foreign(bus)
    findings = found(bus, WrongStore(bus))
    named = {(finding.kind, finding.consumer, finding.subject) for finding in findings}
    assert {
        (DifferenceKind.FOREIGN_RECORD, None, None),
        (DifferenceKind.EVENT_MISSING, None, "registry"),
        (DifferenceKind.RECORD_SKIPPED, "settlement", "window-1"),
        (DifferenceKind.RECORD_SKIPPED, "kpi", "request-1"),
        (DifferenceKind.ANNOUNCEMENT_MISSING, None, "window-7"),
        (DifferenceKind.ROW_REMOVED, None, "request-2"),
    } <= named


def test_a_log_that_lost_its_beginning_is_named() -> None:
    class Late(MemoryLogs):
        def spans(self, places: object) -> dict[Place, Span]:
            return {place: Span(2 if place == LOG else 0, 2 if place == LOG else 0) for place in bus.logs}

    bus = MemoryBus()
    findings = found(bus, MemoryStore(bus), Late(bus))
    assert (
        Finding(DifferenceKind.LOG_BEGINS_LATE, topic=LOG_REQUESTS.name, partition=LOG.partition, position=2)
        in findings
    )


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_however_much_is_kept_at_a_time_all_of_it_is(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(comparison, "FACTS_AT_ONCE", at_once)
    bus = MemoryBus()
    for request in range(5):
        bus.claim(request)
    bus.finish()
    places = [append_foreign(bus, place) for place in LOGS for _ in range(2)]
    findings = found(bus, MemoryStore(bus))
    foreign = [finding.position for finding in findings if finding.kind is DifferenceKind.FOREIGN_RECORD]
    assert sorted(position for position in foreign if position is not None) == sorted(places)
    assert {finding.kind for finding in findings} <= {DifferenceKind.FOREIGN_RECORD}
