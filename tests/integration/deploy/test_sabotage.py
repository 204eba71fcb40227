"""Rows, logs and positions of a real bus that somebody changed by hand: the doctor sees it, and the proof names rows.

One small bus for all; each trial puts back what it has changed.
"""

from collections.abc import Iterator

import pytest

from deploy.exits import ExitCode
from deploy.operations.doctor import table
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.counts import NOT_ASKED
from deploy.operations.doctor.table import examine
from deploy.problem import Problem
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.on_sql.sabotage import put_back
from tests.kit.real.reconciling import ACCEPT, COLLECT, reconcile, run
from tests.kit.real.stepped import SmallBus, small_bus

pytestmark = pytest.mark.integration

LEDGER = "ledger_transfer"
FEE_RIAL = 30_000


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("names")) as small:
        for _ in range(3):
            small.served()
        yield small


def verify(bus: SmallBus, *options: str) -> str:
    """Return what the command tells of books that are not sound."""
    result = run(bus, "ledger", "verify", *options)
    assert isinstance(result.exception, Problem), result.output
    assert result.exception.ends is ExitCode.DIFFERS
    return result.stdout + str(result.exception)


def largest(bus: SmallBus) -> tuple[int, list[tuple[int, str, str, int]]]:
    """Return the partition with most rows, and its rows: number, transaction, debit account, amount."""
    [(partition,)] = bus.rows(f"SELECT partition FROM {LEDGER} GROUP BY partition ORDER BY count(*) DESC LIMIT 1")
    query = f"SELECT number, transaction_id::text, debit_account, amount_rial FROM {LEDGER} WHERE partition = %s"
    return partition, sorted(bus.rows(query, partition))


def test_sound_books_are_counted_by_their_rows(bus: SmallBus) -> None:
    result = run(bus, "ledger", "verify")
    assert result.exit_code == 0, result.output
    [(count,)] = bus.rows(f"SELECT count(*) FROM {LEDGER}")
    assert f"{count} transfers; held" in result.stdout
    assert "The ledger is sound" in result.stdout


def test_an_altered_row_is_named_with_what_the_log_says(bus: SmallBus) -> None:
    partition, rows = largest(bus)
    number, transaction, debit, amount = rows[1]
    with put_back(bus, LEDGER):
        bus.harm(
            f"UPDATE {LEDGER} SET amount_rial = 7, debit_account = 'bank:x' WHERE partition = %s AND number = %s",
            partition,
            number,
        )
        told = verify(bus)
    assert f"partition {partition}, its log folded again from the first row: 1 rows differ (1 altered)" in told
    assert (
        f"partition {partition}, row {number}, transaction {transaction}: debit_account is bank:x, "
        f"the log says {debit}; amount_rial is 7, the log says {amount:,}"
    ) in told
    assert "the log does not make the kept chain" not in told


def test_two_swapped_rows_are_both_named_the_first_one_first(bus: SmallBus) -> None:
    partition, rows = largest(bus)
    (first, one, *_), (last, other, *_) = rows[0], rows[-1]
    with put_back(bus, LEDGER):
        for old, new in ((first, 10**6), (last, first), (10**6, last)):
            bus.harm(f"UPDATE {LEDGER} SET number = %s WHERE partition = %s AND number = %s", new, partition, old)
        lines = verify(bus).splitlines()
    named = [line.strip() for line in lines if ", row " in line]
    assert named == [
        f"partition {partition}, row {first}, transaction {one}: number is {last}, the log says {first}",
        f"partition {partition}, row {last}, transaction {other}: number is {first}, the log says {last}",
    ]


def test_missing_rows_are_counted_and_named(bus: SmallBus) -> None:
    partition, rows = largest(bus)
    [(count,)] = bus.rows(f"SELECT count(*) FROM {LEDGER}")
    with put_back(bus, LEDGER):
        bus.harm(f"DELETE FROM {LEDGER} WHERE partition = %s AND number > 1", partition)
        told = verify(bus, "--limit", "1")
    left = count - len(rows) + 1
    assert f"{left} transfers; held" in told
    assert f"the ledger has {left} rows, and the chains were kept for {count}" in told
    assert f"partition {partition}, row 2, transaction {rows[1][1]}: is missing; the log says " in told
    assert f"{len(rows) - 1} rows differ ({len(rows) - 1} missing)" in told
    assert f"… and {len(rows) - 2} more; --limit shows more of them" in told


def test_rows_beyond_the_log_and_of_a_partition_without_any_are_named(bus: SmallBus) -> None:
    partition, rows = largest(bus)
    empty = next(number for number in range(12) if not bus.rows(f"SELECT 1 FROM {LEDGER} WHERE partition = {number}"))
    copied = "transaction_id, event_id, request_id, kind, debit_account, credit_account, amount_rial, window_number"
    insert = (
        f"INSERT INTO {LEDGER} (partition, number, {copied}, recorded_at) "
        f"SELECT %s, %s, {copied}, recorded_at FROM {LEDGER} WHERE partition = %s AND number = 1"
    )
    with put_back(bus, LEDGER):
        bus.harm(insert, partition, len(rows) + 1, partition)
        bus.harm(insert, empty, 1, partition)
        told = verify(bus)
    for where, number in ((partition, len(rows) + 1), (empty, 1)):
        assert f"partition {where}, row {number}, transaction {rows[0][1]}: is " in told
    assert told.count("; the log has no such row") == 2


def test_a_kept_chain_that_was_changed_is_not_laid_to_the_rows(bus: SmallBus) -> None:
    partition, _ = largest(bus)
    with put_back(bus, "consumer_offset"):
        bus.harm(
            "UPDATE consumer_offset SET chain_head = 'x' WHERE consumer = 'settlement' AND partition = %s", partition
        )
        told = verify(bus)
    assert f"partition {partition}, its log folded again from the first row: every row is as the log makes it" in told
    assert f"partition {partition}: the kept chain was changed, or is that of another order; `pishkhan repair" in told


def told(bus: SmallBus) -> list[tuple[Level, str]]:
    """Return what the doctor finds worth saying, but for the workers, none of which runs here, and their figures."""
    found = [one for one in examine(bus.settings) if one.subject not in ("workers", "memory", "disk", "clock")]
    return [(one.level, one.words) for one in found if one.level is not Level.GOOD and one.subject != NOT_ASKED]


def new(before: list[tuple[Level, str]], after: list[tuple[Level, str]]) -> list[tuple[Level, str]]:
    return [one for one in after if one not in before]


def test_dropped_and_older_rows_of_requests_are_seen(bus: SmallBus) -> None:
    before = told(bus)
    with put_back(bus, "request"):
        bus.harm("DELETE FROM request WHERE request_id IN (SELECT request_id FROM request LIMIT 2)")
        bus.harm("UPDATE request SET version = version - 1")
        after = told(bus)
    assert new(before, after) == [
        (Level.WRONG, "3 request(s) that settlement or the figures know have no row, or an older one")
    ]
    assert told(bus) == before


@pytest.mark.parametrize(("topic", "decides"), [(LOG_REQUESTS.name, "requests"), (LOG_SETTLEMENT.name, "settlement")])
def test_an_event_that_was_lost_from_a_log_is_seen(topic: str, decides: str, bus: SmallBus) -> None:
    before = told(bus)
    request_id = bus.submitted()
    bus.serve(request_id, ACCEPT)
    bus.settle("relay", "requests")
    if decides == "settlement":
        bus.settle("settlement")
        lost = bus.harm("SELECT id FROM outbox WHERE published_at IS NULL AND topic = %s", topic)
    else:
        bus.serve(request_id, COLLECT)
        bus.step("relay")
        bus.step("requests")
        lost = bus.harm("SELECT id FROM outbox WHERE published_at IS NULL AND topic = %s", topic)
    ids = [number for (number,) in lost]
    assert ids
    # As a log that lost it looks: all say that it is published, and nobody is behind.
    bus.harm("UPDATE outbox SET published_at = now() WHERE id = ANY(%s)", ids)
    bus.settle()
    after = told(bus)
    assert new(before, after)[0] == (Level.WRONG, f"{topic} lacks {len(ids)} event(s) at least that were decided")
    bus.harm("UPDATE outbox SET published_at = NULL WHERE id = ANY(%s)", ids)
    bus.settle()
    assert told(bus) == before


def test_a_position_that_was_moved_forward_and_back_is_seen(bus: SmallBus) -> None:
    before = told(bus)
    request_id = bus.served(ACCEPT)
    partition = bus.log_partition(request_id)
    bus.serve(request_id, COLLECT)
    bus.settle("relay", "requests")
    behind = bus.ends()[LOG_REQUESTS.name, partition] - bus.position("settlement", LOG_REQUESTS.name, partition)
    bus.move("settlement", LOG_REQUESTS.name, partition, behind)
    skipped = f"settlement is past {behind} event(s) at least that it has not entered: its position was moved"
    assert new(before, told(bus)) == [(Level.WRONG, skipped)]
    bus.move("settlement", LOG_REQUESTS.name, partition, -behind)
    bus.settle()
    assert told(bus) == before
    bus.move("settlement", LOG_REQUESTS.name, partition, -2)
    words = [words for level, words in new(before, told(bus)) if level is Level.NOTE]
    assert words == ["settlement's position lies before 2 event(s) at least that it has entered: it was moved back"]
    bus.settle()
    assert told(bus) == before


def test_rows_of_ledger_and_registry_that_are_gone_or_of_another_amount_are_seen(bus: SmallBus) -> None:
    before = told(bus)
    partition, rows = largest(bus)
    total = sum(amount for *_, amount in rows)
    number, _, _, amount = rows[1]
    kept = f"its chain was kept for {len(rows)}, its running sums for {total:,}"
    with put_back(bus, LEDGER, "registry_version"):
        bus.harm(f"UPDATE {LEDGER} SET amount_rial = amount_rial + 5 WHERE partition = %s AND number = 1", partition)
        altered = new(before, told(bus))
        bus.harm(f"DELETE FROM {LEDGER} WHERE partition = %s AND number = %s", partition, number)
        bus.harm("DELETE FROM registry_version WHERE revision = 3")
        gone = new(before, told(bus))
    assert altered == [
        (Level.WRONG, f"partition {partition} has {len(rows)} rows of {total + 5:,} rial in all; {kept}")
    ]
    [(count,)] = bus.rows("SELECT revision FROM registry_head")
    assert gone == [
        (Level.WRONG, f"the registry counts {count} versions and has {count - 1}"),
        (Level.WRONG, f"partition {partition} has {len(rows) - 1} rows of {total + 5 - amount:,} rial in all; {kept}"),
    ]


def last_word(bus: SmallBus) -> tuple[Level, str]:
    """Return what the doctor says of the last reconciliation."""
    [found] = [one for one in examine(bus.settings) if "reconcile" in one.words]
    return found.level, found.words


def test_what_a_reconciliation_last_said_is_kept_and_told(bus: SmallBus) -> None:
    assert last_word(bus)[1].endswith("reconcile has never said anything here")
    assert reconcile(bus).exit_code == ExitCode.DONE
    level, words = last_word(bus)
    assert (level, words.endswith(": nothing differs")) == (Level.NOTE, True)
    with put_back(bus, "request"):
        bus.harm("UPDATE request SET state = 'routed' WHERE state = 'completed'")
        assert reconcile(bus, "--json").exit_code == ExitCode.DIFFERS
    level, words = last_word(bus)
    assert (level, " differences, 0 harmless" in words) == (Level.WRONG, True)
    assert reconcile(bus, "--ndjson").exit_code == ExitCode.DONE
    assert last_word(bus)[0] is Level.NOTE
    assert bus.rows("SELECT exit_code FROM reconciliation_verdict ORDER BY id") == [(0,), (7,), (0,)]


def test_the_command_says_what_it_has_not_asked(bus: SmallBus, monkeypatch: pytest.MonkeyPatch) -> None:
    # No worker runs here, and the machine's room is its own affair.
    others = ("check_workers", "check_memory", "check_disk", "check_clock")
    monkeypatch.setattr(table, "CHECKS", tuple(check for check in table.CHECKS if check.__name__ not in others))
    result = run(bus, "doctor")
    last = 'All that was asked is in order; lines "not asked" say what was not.'
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (ExitCode.DONE, last), result.stdout
