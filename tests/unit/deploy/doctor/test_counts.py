"""The doctor's counts: when they are good and when something is lost; and what it says of what it has not asked."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import KafkaError
from typer.testing import CliRunner

from consumers.reconciliation.domain.questions import (
    Entered,
    LogSize,
    PartitionCounts,
    Registered,
    SettlementCounts,
    lost_from_requests,
    moved_back,
    skipped_by_settlement,
)
from consumers.reconciliation.verdict import KeptVerdict
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.cli import build
from deploy.commands.doctor import closing
from deploy.exits import ExitCode
from deploy.operations.doctor import table
from deploy.operations.doctor.checks import CheckResult, Level, Patient, good
from deploy.operations.doctor.counts import (
    check_asked,
    check_counts,
    judge_beginnings,
    judge_pages,
    judge_registry,
    judge_requests,
    judge_told,
    judge_verdict,
)
from deploy.operations.doctor.table import examine
from deploy.problem import Problem
from deploy.settings import Settings

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
#: Two requests of five events each and one act, all entered; one window over twelve partitions.
WHOLE = Entered(missing=0, events=11, markers=12, not_entered=0, waiting=0, unpublished=0, entered=11, passed=23)
LOG = LogSize(records=23, begins_late={})


def said(findings: Iterable[CheckResult]) -> list[tuple[Level, str]]:
    found = list(findings)
    assert all(finding.remedy for finding in found if finding.level is not Level.GOOD), "each has its remedy"
    return [(finding.level, finding.words) for finding in found if finding.level is not Level.GOOD]


def test_counts_that_agree_are_good() -> None:
    assert said(judge_requests(WHOLE, LOG)) == []
    assert said(judge_registry(Registered(8, 8, 0), LogSize(8, {}))) == []
    assert said(judge_told(SettlementCounts(5, 1, 4, 0), LogSize(10, {}))) == []
    assert said(judge_pages([PartitionCounts(0, 3, 3, 90, 90), PartitionCounts(1, 0, 0, 0, 0)])) == []
    assert said(judge_beginnings({"log": LOG})) == []


def test_rows_of_requests_that_are_gone_are_wrong() -> None:
    [(level, words)] = said(judge_requests(WHOLE._replace(missing=2, events=6), LOG))
    assert (level, words[:13]) == (Level.WRONG, "2 request(s) ")


def test_an_event_that_its_log_lacks_is_wrong() -> None:
    [(level, words)] = said(judge_requests(WHOLE, LogSize(22, {})))
    assert (level, words) == (Level.WRONG, "pishkhan.log.requests lacks 1 event(s) at least that were decided")
    assert said(judge_requests(WHOLE._replace(unpublished=1), LogSize(22, {}))) == []
    assert said(judge_registry(Registered(8, 8, 1), LogSize(6, {})))[0][1].startswith("pishkhan.log.registry lacks 1 ")
    assert said(judge_told(SettlementCounts(5, 1, 4, 1), LogSize(8, {})))[0][1].startswith(
        "pishkhan.log.settlement lacks 1 "
    )


def test_events_that_settlement_has_passed_and_not_entered_are_wrong() -> None:
    skipped = WHOLE._replace(not_entered=3, entered=8)
    [(level, words)] = said(judge_requests(skipped, LOG))
    assert (level, "is past 3 event(s)" in words) == (Level.WRONG, True)
    # What it has not read yet, what waits, and what is not published yet is not passed.
    assert said(judge_requests(skipped._replace(passed=20), LOG)) == []
    assert said(judge_requests(skipped._replace(waiting=3), LOG)) == []


def test_a_position_before_what_was_entered_is_worth_a_note() -> None:
    for passed, events in ((19, 4), (22, 1)):
        [(level, words)] = said(judge_requests(WHOLE._replace(passed=passed), LOG))
        assert (level, f"lies before {events} event(s)" in words) == (Level.NOTE, True)


def test_versions_rows_sums_and_beginnings_that_are_gone_are_wrong() -> None:
    assert said(judge_registry(Registered(7, 8, 0), LOG)) == [(Level.WRONG, "the registry counts 8 versions and has 7")]
    for page in (PartitionCounts(3, 2, 3, 90, 90), PartitionCounts(3, 4, 3, 90, 90), PartitionCounts(3, 3, 3, 91, 90)):
        [(level, words)] = said(judge_pages([PartitionCounts(0, 3, 3, 90, 90), page]))
        assert (level, words.startswith("partition 3 has ")) == (Level.WRONG, True)
    assert said(judge_beginnings({"log": LogSize(10, {4: 2})})) == [
        (Level.WRONG, "log/4 begins at 2: its first records are gone")
    ]


def test_without_a_broker_logs_are_not_judged() -> None:
    assert said(judge_requests(WHOLE, None)) == []
    assert list(check_counts(Patient(Settings(), None, "", None, "", {}))) == []
    assert list(check_asked(Patient(Settings(), None, "", None, "", {}))) == []


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_bus_at_work_is_never_called_wrong(
    entered: int, unread: int, unpublished: int, copies: int, later: int
) -> None:
    """Whatever is under way, was published twice, or comes between the two questions."""
    seen = Entered(
        missing=0,
        events=entered + unread + unpublished,
        markers=0,
        not_entered=unread + unpublished,
        waiting=unpublished,
        unpublished=unpublished,
        entered=entered,
        passed=entered + copies,
    )
    log = LogSize(entered + copies + unread + later, {})
    assert (lost_from_requests(seen, log), skipped_by_settlement(seen, log), moved_back(seen)) == (0, 0, 0)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 50))
def test_a_quiet_bus_that_lacks_something_is_called_wrong(entered: int, lost: int, skipped: int) -> None:
    whole = WHOLE._replace(events=entered + lost + skipped, entered=entered + lost, not_entered=skipped, markers=0)
    at_end = whole._replace(passed=entered + skipped)
    assert lost_from_requests(at_end, LogSize(entered + skipped, {})) == lost
    assert skipped_by_settlement(at_end, LogSize(entered + skipped, {})) == skipped


def test_the_last_word_of_a_reconciliation_is_told_with_its_day() -> None:
    never = judge_verdict(None, NOON)
    assert (never.level, never.subject) == (Level.NOTE, "not asked")
    assert never.words.endswith("reconcile has never said anything here")
    clean = judge_verdict(KeptVerdict(NOON, 10, 0, 0, 0), NOON + timedelta(hours=3))
    # Noon in UTC is half past three in Tehran, on 9 Azar 1405.
    assert "reconcile last said on 2026-11-30 15:30 (Tehran; since 2026-11-30 12:00:00 UTC (3 h))" in clean.words
    assert (clean.level, clean.words.endswith(": nothing differs")) == (Level.NOTE, True)
    assert judge_verdict(KeptVerdict(NOON, 10, 0, 2, 0), NOON).words.endswith(": nothing differs, 2 harmless")
    differing = judge_verdict(KeptVerdict(NOON, 10, 1, 0, 1), NOON)
    assert (differing.level, differing.words.endswith(": 1 differences, 0 harmless")) == (Level.WRONG, True)


def test_the_last_line_claims_no_more_than_was_asked() -> None:
    assert closing(0, 1) == 'All that was asked is in order; lines "not asked" say what was not.'
    assert closing(0, 0) == "All that was asked is in order."
    assert closing(2, 1) == "2 wrong."


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A bus of which nothing answers."""
    for reach in ("_reach_broker", "_reach_database"):
        monkeypatch.setattr(table, reach, lambda _: (None, "nothing answers"))
    monkeypatch.setattr(table, "WORKERS", ())
    return Settings(data_directory=tmp_path)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (KafkaError("gone"), "gone"),
        (psycopg.OperationalError("gone"), "gone"),
        (BrokerUnavailable("gone"), "gone"),
        (DatabaseUnavailable("gone"), "gone"),
        (Problem("gone"), "gone"),
        # Not the doctor's own: whose words may be anything.
        (ValueError("0012345678"), "the check itself failed (ValueError)"),
        (AssertionError("0012345678"), "the check itself failed (AssertionError)"),
    ],
)
def test_a_check_that_raises_is_wrong_and_the_others_go_on(
    failure: Exception, told: str, nowhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_thing(_: Patient) -> Iterator[CheckResult]:
        yield good("thing", "half of it")
        raise failure

    def check_other(_: Patient) -> Iterable[CheckResult]:
        return [good("other", "fine")]

    monkeypatch.setattr(table, "CHECKS", (check_thing, check_other))
    half, raised, other = examine(nowhere)
    assert (half.words, other.words) == ("half of it", "fine")
    assert (raised.level, raised.subject) == (Level.WRONG, "thing")
    assert (told in raised.words, "0012345678" in raised.words) == (True, False)
    assert raised.remedy


def test_the_command_fails_when_a_check_raises(nowhere: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_thing(_: Patient) -> Iterable[CheckResult]:
        raise ValueError("anything")

    environment: dict[str, Any] = {f"PISHKHAN_{name.upper()}": value for name, value in nowhere.values().items()}
    monkeypatch.setattr(table, "CHECKS", (check_thing,))
    failed = CliRunner().invoke(build("doctor"), ["doctor"], env=environment)
    assert (failed.exit_code, failed.stdout.splitlines()[-1]) == (ExitCode.DIFFERS, "1 wrong.")
    monkeypatch.setattr(table, "CHECKS", ())
    fine = CliRunner().invoke(build("doctor"), ["doctor"], env=environment)
    assert (fine.exit_code, fine.stdout.splitlines()[-1]) == (0, "All that was asked is in order.")
