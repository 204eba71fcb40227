"""Rows of a real bus that somebody deleted: every command tells what is true, and after the remedy all are in order.

One small bus for all; no trial leaves anything behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from deploy.exits import ExitCode
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.table import examine
from deploy.problem import Problem
from schemas.topics import INTAKE_OFFICES, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.on_sql.sabotage import put_back
from tests.kit.real.reconciling import ACCEPT, COLLECT, reconcile, repair, run
from tests.kit.real.stepped import SmallBus, small_bus

pytestmark = pytest.mark.integration

TOPICS = (LOG_REQUESTS.name, LOG_REGISTRY.name, LOG_SETTLEMENT.name, INTAKE_OFFICES.name)
FROM = "2020-01-01T00:00"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("lost")) as small:
        for _ in range(3):
            small.served()
        small.served(ACCEPT, COLLECT)
        yield small


@dataclass(frozen=True)
class Said:
    """What every command says of the bus, as far as it is not in order."""

    doctor: tuple[str, ...]
    reconcile: str
    verify: str
    explain: str
    replay: str
    repairs: tuple[str, ...]

    @property
    def in_order(self) -> bool:
        return self == Said((), "", "", "", "", ())


def of_all(bus: SmallBus, request_id: UUID) -> Said:
    """Ask every command; what is in order is told by nothing."""
    # Reconcile first: the doctor tells its last word.
    compared = reconcile(bus)
    shown = [one for one in examine(bus.settings) if one.level is Level.WRONG]
    # No worker of this bus runs but when a test turns it.
    doctor = tuple(one.words for one in shown if one.subject not in ("workers", "memory", "disk", "clock"))
    verified = run(bus, "ledger", "verify")
    unsound = verified.exception if isinstance(verified.exception, Problem) else None
    assert unsound is None or unsound.ends is ExitCode.DIFFERS
    explained = run(bus, "explain", str(request_id), "--verify")
    replayed = run(bus, "replay", "--from", FROM, "--dry-run")
    repairs = [repair(bus, topic, "--dry-run").stdout for topic in TOPICS]
    repairs += [run(bus, "repair", "chain", "--dry-run").stdout]
    return Said(
        doctor=doctor,
        reconcile="" if compared.exit_code == ExitCode.DONE else compared.stdout,
        verify="" if unsound is None else str(unsound),
        explain="" if explained.exit_code == ExitCode.DONE else explained.output,
        replay="" if "Nothing would change." in replayed.stdout else f"{replayed.stdout}{replayed.exception}",
        repairs=tuple(text for text in repairs if "nothing to repair" not in text),
    )


def request_of(bus: SmallBus) -> UUID:
    """Return a request that is completed, with money."""
    [(request_id,)] = bus.rows("SELECT request_id FROM request WHERE state = 'completed' ORDER BY request_id LIMIT 1")
    return UUID(str(request_id))


def ledger(bus: SmallBus) -> list[tuple[object, ...]]:
    return bus.rows("SELECT * FROM ledger_transfer ORDER BY partition, number")


@pytest.mark.parametrize("seen", ["at once", "when its worker has made the row anew"])
def test_a_lost_row_of_settlements_position_halts_it_and_is_made_again_from_the_rows(bus: SmallBus, seen: str) -> None:
    request_id = request_of(bus)
    assert of_all(bus, request_id).in_order
    partition, before = bus.log_partition(request_id), ledger(bus)
    kept = "SELECT chain_head, chain_count, window_number FROM consumer_offset WHERE consumer = 'settlement' AND "
    page = bus.rows(f"{kept} partition = %s", partition)
    bus.harm("DELETE FROM consumer_offset WHERE consumer = 'settlement' AND partition = %s", partition)
    if seen != "at once":
        bus.start_again()
        bus.go_round()
    said = of_all(bus, request_id)
    assert any(f"partition {partition} has " in words for words in said.doctor)
    assert "chain_differs (1)" in said.reconcile
    assert f"settlement  {LOG_REQUESTS.name}/{partition}" in said.reconcile
    assert f"partition {partition}, its log folded again from the first row: every row is as the log makes it" in (
        said.verify
    )
    assert "the log has no such row" not in said.verify
    assert said.explain == ""
    refused = "settlement has no position there; start its worker" if seen == "at once" else "is made again for"
    assert [refused in text for text in said.repairs] == [True]

    bus.start_again()
    bus.go_round()
    # Nothing is built on what was lost.
    bus.serve(request_id)
    bus.settle("relay", "requests")
    bus.go_round(1)
    assert ledger(bus) == before
    done = run(bus, "repair", "chain", "--yes")
    assert (done.exit_code, "Settlement resumes by itself" in done.stdout) == (0, True), done.output
    assert bus.rows(f"{kept} partition = %s", partition) == page
    bus.start_again()
    bus.settle()
    assert ledger(bus) == before
    assert of_all(bus, request_id).in_order
    bus.served()
    assert of_all(bus, request_id).in_order


def test_a_chain_that_nothing_proves_is_not_made_again(bus: SmallBus) -> None:
    request_id = request_of(bus)
    partition = bus.log_partition(request_id)
    with put_back(bus, "consumer_offset", "ledger_transfer"):
        bus.harm(
            "UPDATE consumer_offset SET chain_count = 0 WHERE consumer = 'settlement' AND partition = %s", partition
        )
        bus.harm("UPDATE ledger_transfer SET amount_rial = 1 WHERE partition = %s AND number = 1", partition)
        refused = run(bus, "repair", "chain", "--yes")
        assert refused.exit_code == ExitCode.DIFFERS
        assert f"partition {partition}: is not made again: its rows are not those of the log" in refused.stdout
        said = of_all(bus, request_id)
        assert f"partition {partition}, row 1, transaction " in said.verify
        assert "Stopped (ledger_apart)" in said.replay, "nothing is built on it, by nobody"
    assert of_all(bus, request_id).in_order


@pytest.mark.parametrize("consumer", ["requests", "registry"])
def test_lost_positions_of_intake_are_read_again_and_nothing_comes_of_it(bus: SmallBus, consumer: str) -> None:
    request_id, before = request_of(bus), ledger(bus)
    bus.harm("DELETE FROM consumer_offset WHERE consumer = %s", consumer)
    assert of_all(bus, request_id).in_order, "they are where nobody has read anything, and will be read"
    assert "position_moved_back" in reconcile(bus).stdout
    bus.start_again()
    bus.settle()
    assert of_all(bus, request_id).in_order
    assert "position_moved_back" not in reconcile(bus).stdout
    assert ledger(bus) == before


@pytest.mark.parametrize("consumer", ["requests", "registry", "settlement"])
def test_a_position_moved_forwards_is_named_and_one_moved_back_reads_again(bus: SmallBus, consumer: str) -> None:
    request_id = bus.served(ACCEPT)
    if consumer == "registry":
        place = (consumer, "pishkhan.intake.directorate", 0)
        bus.move(*place, 1)
        said = of_all(bus, request_id)
        assert "position_outside_log (1)" in said.reconcile
        assert any("it was moved by hand" in words or "ends at" in words for words in said.doctor)
        assert repair(bus, place[1], "--yes").exit_code == 0
    else:
        [claim_id] = bus.serve(request_id, COLLECT)
        bus.settle("relay")
        topic, partition = bus.place_of(claim_id)
        if consumer == "settlement":
            bus.settle("relay", "requests")
            topic, partition = LOG_REQUESTS.name, bus.log_partition(request_id)
        place = (consumer, topic, partition)
        bus.move(*place, 1)
        said = of_all(bus, request_id)
        assert "record_skipped (1): its consumer is past it" in said.reconcile
        assert [f"{consumer} goes back in partition {partition}" in text for text in said.repairs] == [True]
        assert repair(bus, topic, "--yes").exit_code == 0
    bus.start_again()
    bus.settle()
    assert of_all(bus, request_id).in_order
    bus.move(*place, -1)
    said = of_all(bus, request_id)
    # Whether the last worker's lease is over by then is all the same.
    assert set(said.doctor) <= {f"{consumer} is 1 events behind, and nobody works on 1 of its partitions"}
    assert replace(said, doctor=()).in_order, "it will be read again"
    bus.start_again()
    bus.settle()
    assert of_all(bus, request_id).in_order


@pytest.mark.parametrize(
    ("table", "statement", "kind", "doctor"),
    [
        ("intake_event", "DELETE FROM intake_event WHERE source LIKE '/offices/%%'", "identity_missing", ""),
        (
            "request",
            "DELETE FROM request WHERE request_id IN (SELECT request_id FROM request LIMIT 1)",
            "row_missing (1)",
            "1 request(s) that settlement or the figures know have no row, or an older one",
        ),
        (
            "registry_version",
            "DELETE FROM registry_version WHERE revision IN (2, 5)",
            "row_missing (2)",
            "the registry counts 9 versions and has 7",
        ),
        ("office_position", "DELETE FROM office_position WHERE office = 'office-1'", "row_missing (1)", ""),
        ("office_position", "UPDATE office_position SET in_flight = in_flight + 1", "load_differs (3)", ""),
    ],
)
def test_rows_that_are_gone_are_named_and_when_they_are_back_all_is_in_order(
    bus: SmallBus, table: str, statement: str, kind: str, doctor: str
) -> None:
    request_id = request_of(bus)
    with put_back(bus, table):
        bus.harm(statement)
        said = of_all(bus, request_id)
    assert kind in said.reconcile
    assert any(words.startswith("reconcile last said") for words in said.doctor), "what it said is not forgotten"
    assert doctor == "" or doctor in said.doctor
    assert said.explain == "", "the logs are whole"
    assert of_all(bus, request_id).in_order


@pytest.mark.parametrize("topic", [LOG_REQUESTS.name, LOG_REGISTRY.name, LOG_SETTLEMENT.name])
def test_an_event_twice_in_a_log_is_harmless_and_one_that_is_lost_is_named_and_published_again(
    bus: SmallBus, topic: str
) -> None:
    request_id = request_of(bus)
    [(row_id,)] = bus.rows("SELECT id FROM outbox WHERE topic = %s ORDER BY id DESC LIMIT 1", topic)
    bus.harm("UPDATE outbox SET published_at = NULL WHERE id = %s", row_id)
    bus.settle()
    assert of_all(bus, request_id).in_order
    assert "published_twice" in reconcile(bus).stdout
