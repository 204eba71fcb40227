"""The journal has everything that was said, once, and knows what was acknowledged."""

from datetime import UTC, datetime
from pathlib import Path

from deploy.faults.journal import Journal
from deploy.faults.visits import VisitKind, Visits


def test_what_was_said_twice_is_one_entry_and_what_was_not_acknowledged_is_told(tmp_path: Path) -> None:
    visits = Visits("seed", "tag", datetime(2026, 11, 23, 6, 0, tzinfo=UTC))
    first, second = visits.visit(VisitKind.CASH), visits.visit(VisitKind.ROUTED)
    journal = Journal(tmp_path / "journal.ndjson")
    journal.said(first)
    journal.said(first)
    journal.acknowledged(first[:2])
    journal.said(second)
    entries = journal.entries()
    journal.close()
    assert [(entry.source, entry.event_id) for entry in entries] == [one.identity for one in (*first, *second)]
    assert [entry.acknowledged for entry in entries] == [True, True, *[False] * (len(first) - 2 + len(second))]
    assert {entry.kind for entry in entries} == {VisitKind.CASH, VisitKind.ROUTED}
