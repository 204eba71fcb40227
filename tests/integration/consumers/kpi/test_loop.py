"""What the loop does with failures, gaps and operators' decisions: real database, a log in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.database.kpi.stores import SqlKpiStores, SqlKpiWork
from connectors.database.parking.operator import ParkOperator
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.worker import WorkerTelemetry
from consumers.kpi.handlers import Counts, KpiHandler
from consumers.kpi.loop import KpiLoop
from consumers.kpi.ports import Stores
from consumers.parking import OperatorAction
from consumers.runner.errors import Contention, DatabaseUnavailable, PositionLost
from consumers.runner.failures import FAILED_IN_A_ROW_MAX
from consumers.runner.records import Partition, Record, Unread, UnreadReason
from schemas.partition import Place
from schemas.topics import LOG_REQUESTS
from tests.integration.consumers.kpi.test_figures_in_sql import in_sql, plainly
from tests.kit.on_sql.rests import end_rests, tries
from tests.kit.values.clocks import trusting_watch
from tests.kit.values.kpi_log import Life, records, request_id, working_day

pytestmark = pytest.mark.integration


@dataclass
class LogInMemory:
    """A log that a test wrote: implements `consumers.runner.ports.Source`."""

    written: Sequence[Record] = ()
    begins_at: int = 0

    def partitions(self) -> Sequence[Partition]:
        return [Partition(topic, "id", number) for topic, number in sorted({one.place for one in self.written})]

    def assign(self, positions: Mapping[Partition, int]) -> None:
        [(partition, position)] = positions.items()
        if position < self.begins_at:
            raise PositionLost(partition, "the log does not reach back so far")
        place = (partition.topic, partition.number)
        self._ahead = [one for one in self.written if one.place == place and one.position >= position]

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        polled, self._ahead = self._ahead[:2], self._ahead[2:]
        return polled

    def turn(self) -> None:
        """It has one reader."""

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        ends: dict[str, int] = {}
        for one in self.written:
            name = f"{one.topic}/{one.partition}"
            ends[name] = max(ends.get(name, 0), one.position + 1)
        return ends

    def known_ends(self) -> Mapping[Partition, int]:
        return {}

    def note(self, positions: Mapping[Partition, int]) -> None:
        """Nobody looks."""

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FailingWork:
    """The real work, after `failures` in its first transactions: implements `consumers.kpi.ports.FigureWork`."""

    work: SqlKpiWork
    failures: list[Exception]

    @contextmanager
    def transaction(self) -> Iterator[SqlKpiStores]:
        if self.failures:
            raise self.failures.pop(0)
        with self.work.transaction() as stores:
            yield stores


@dataclass(frozen=True, slots=True)
class FailingHandler(KpiHandler):
    """The real handler, but for one record on which it always fails."""

    poison: Record | None = None

    def _learn(self, stores: Stores, records: Sequence[Record]) -> Counts:
        counts = KpiHandler._learn(self, stores, records)
        if self.poison is not None and any((*one.place, one.position) == self._place for one in records):
            raise ZeroDivisionError
        return counts

    @property
    def _place(self) -> tuple[str, int, int]:
        assert self.poison is not None, "only a poisoned handler looks for it"
        return (*self.poison.place, self.poison.position)


@pytest.fixture
def day() -> list[Record]:
    return records(working_day())


def loop(work: SqlKpiWork | FailingWork, handler: KpiHandler, log: LogInMemory | None = None) -> KpiLoop:
    return KpiLoop(work, handler, log or LogInMemory(), handler.telemetry, chance=lambda: 0.0)


def failing(handler: KpiHandler, poison: Record) -> FailingHandler:
    return FailingHandler(handler.clock, handler.new_id, handler.telemetry, poison)


def test_a_record_on_which_the_handler_fails_is_parked_alone(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record], exporter: Exporter
) -> None:
    assert loop(work, failing(handler, day[7])).apply(day, Event())
    parked = connection.execute(text("SELECT topic, partition, position, reason FROM parked_event")).one()
    assert tuple(parked) == (day[7].topic, day[7].partition, day[7].position, "failed")
    assert _position(connection) == len(day)
    count = exporter.registry.get_sample_value
    assert count("pishkhan_events_total", {"consumer": "kpi", "outcome": "handled"}) == len(day) - 1
    assert count("pishkhan_events_total", {"consumer": "kpi", "outcome": "parked"}) == 1


@dataclass(frozen=True, slots=True)
class EndingHandler(FailingHandler):
    """The real handler, but for one record at which the database ends the connection."""

    def _learn(self, stores: Stores, records: Sequence[Record]) -> Counts:
        try:
            return FailingHandler._learn(self, stores, records)
        except ZeroDivisionError:
            raise DatabaseUnavailable("server closed the connection unexpectedly") from None


class Unhurried(Event):
    """Nobody waits in real time."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_a_record_that_ends_every_connection_is_a_dead_letter_and_the_figures_go_on(
    work: SqlKpiWork, handler: KpiHandler, day: list[Record], connection: Connection
) -> None:
    poison = day[len(day) // 2]
    ending = EndingHandler(handler.clock, handler.new_id, handler.telemetry, poison)
    assert loop(work, ending).apply(day, Unhurried())
    letters = connection.execute(
        text("SELECT consumer, reason, topic, partition, position FROM dead_letter")
    ).fetchall()
    assert letters == [("kpi", "connection_lost", *poison.place, poison.position)]
    ends = {place: max(one.position for one in day if one.place == place) + 1 for place in {one.place for one in day}}
    kept = connection.execute(text("SELECT topic, partition, next_position FROM kpi_position")).fetchall()
    assert {Place(topic, number): position for topic, number, position in kept} == ends


def test_what_cannot_be_read_of_a_log_is_a_dead_letter_of_the_figures(
    work: SqlKpiWork, handler: KpiHandler, day: list[Record], connection: Connection
) -> None:
    bad = replace(
        day[-1], headers=(), value=b"damaged", unread=Unread(day[-1].position, UnreadReason.UNREADABLE, "why")
    )
    assert loop(work, handler).apply([*day[:-1], bad], Unhurried())
    [letter] = connection.execute(text("SELECT reason, detail, body FROM dead_letter"))
    assert tuple(letter) == ("malformed", "why", b"damaged")


@pytest.mark.parametrize("action", OperatorAction)
def test_an_operator_has_it_tried_again_or_skipped(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record], action: OperatorAction
) -> None:
    loop(work, failing(handler, day[7])).apply(day, Event())
    assert ParkOperator(connection).decide_on_failed("kpi", action, "me", "mended")
    mended = loop(work, handler)
    mended.measure(Event())
    assert connection.execute(text("SELECT count(*) FROM parked_event")).scalar() == 0
    assert (in_sql(connection) == plainly(working_day())) == (action is OperatorAction.REDRIVE)


def test_a_record_on_which_the_handler_failed_is_tried_again_after_its_rest(
    work: SqlKpiWork, handler: KpiHandler, database: Engine, connection: Connection, day: list[Record]
) -> None:
    broken = loop(work, failing(handler, day[7]))
    broken.apply(day, Event())
    end_rests(database)
    broken.measure(Event())
    assert [row[1:] for row in tries(database)] == [("failed", 2, True)], "it rests again, and the rest is measured"
    mended = loop(work, handler)
    mended.measure(Event())
    assert in_sql(connection) != plainly(working_day())
    end_rests(database)
    mended.measure(Event())
    assert in_sql(connection) == plainly(working_day())
    assert tries(database) == []


def test_when_too_many_fail_in_a_row_nothing_more_is_parked_until_the_code_is_mended(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record], telemetry: WorkerTelemetry
) -> None:
    class Broken(KpiHandler):
        def handle(self, stores: Stores, records: Sequence[Record], *, complete: bool = False) -> None:
            raise ZeroDivisionError

    class StopsAtItsFirstWait(Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    of_log = [one for one in day if one.topic == LOG_REQUESTS.name]
    one_place = [replace(one, partition=0, position=position) for position, one in enumerate(of_log)]
    assert len(one_place) > FAILED_IN_A_ROW_MAX
    assert not loop(work, Broken(handler.clock, handler.new_id, telemetry)).apply(one_place, StopsAtItsFirstWait())
    assert telemetry.not_ready_because() == "failed_in_a_row"
    parked = connection.execute(text("SELECT count(*) FROM parked_event")).scalar_one()
    assert parked == FAILED_IN_A_ROW_MAX
    assert loop(work, handler).apply(one_place, Event())
    assert _position(connection) == len(one_place)


def test_a_look_round_is_a_sign_of_life(database: Engine, handler: KpiHandler, connection: Connection) -> None:
    connection.execute(text("INSERT INTO worker VALUES ('kpi', 'gone', now() - interval '1 hour')"))
    for name in ("kpi-a", "kpi-b"):
        loop(SqlKpiWork(database, trusting_watch(), name), handler).look_round([], Event())
    seen = (
        "SELECT worker_id FROM worker WHERE consumer = 'kpi' AND seen_at > now() - interval '1 min' ORDER BY worker_id"
    )
    assert list(connection.execute(text(seen)).scalars()) == ["kpi-a", "kpi-b"]
    assert connection.execute(text("SELECT count(*) FROM worker")).scalar() == 2


def test_a_gap_is_read_from_the_log(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record]
) -> None:
    with_gap = [one for one in day if one.position % 3 != 1]
    tried = loop(work, handler, LogInMemory(day))
    assert tried.apply(with_gap, Event())
    tried.measure(Event())
    missing_tails = {one.place for one in day} - {one.place for one in with_gap if one.position == _last(day, one)}
    assert _position(connection) == len(day) - sum(_tail(day, with_gap, place) for place in missing_tails)
    assert tried.apply(day, Event())
    tried.measure(Event())
    assert in_sql(connection) == plainly(working_day())


def test_what_the_log_no_longer_holds_is_given_up(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    told = Life(1).opened(0).routed(1, "office-1").accepted(2, "office-1").told
    late = records(told, start=40)
    assert loop(work, handler, LogInMemory(late, begins_at=40)).apply(late, Event())
    assert connection.execute(text("SELECT next_position FROM kpi_position")).scalar() == 43
    assert connection.execute(text("SELECT accepted_at IS NOT NULL FROM kpi_request_fact")).scalar()


def test_a_batch_is_done_again_and_counts_once(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record], exporter: Exporter
) -> None:
    failures: list[Exception] = [Contention("deadlock"), DatabaseUnavailable("gone")]
    assert loop(FailingWork(work, failures), handler).apply(day, Event())
    count = exporter.registry.get_sample_value
    assert count("pishkhan_events_total", {"consumer": "kpi", "outcome": "handled"}) == len(day)
    assert count("pishkhan_rolled_back_batches_total", {"consumer": "kpi", "cause": "contention"}) == 1
    assert count("pishkhan_rolled_back_batches_total", {"consumer": "kpi", "cause": "database_unavailable"}) == 1
    assert connection.execute(text("SELECT count(*) FROM kpi_request_fact")).scalar() == 8


def test_a_stop_ends_the_waiting_and_nothing_is_acknowledged(
    work: SqlKpiWork, handler: KpiHandler, day: list[Record]
) -> None:
    stop = Event()

    class Gone:
        def transaction(self) -> None:
            stop.set()
            raise DatabaseUnavailable("gone")

    tried = loop(work, handler)
    tried.work = Gone()  # type: ignore[assignment]  # only the call matters
    assert not tried.apply(day, stop)


def test_a_look_round_shows_the_lag_and_reads_what_the_stream_skipped(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record], exporter: Exporter
) -> None:
    tried = loop(work, handler, LogInMemory(day))
    owned = {one.place for one in day}
    tried.look_round(owned, Event())
    lag = exporter.registry.get_sample_value("pishkhan_lag_records", {"consumer": "kpi", "topic": LOG_REQUESTS.name})
    assert lag == sum(one.topic == LOG_REQUESTS.name for one in day)
    assert _position(connection) == 0
    tried.look_round(owned, Event())
    assert _position(connection) == len(day)
    tried.look_round(owned, Event())
    tried.measure(Event())
    assert in_sql(connection) == plainly(working_day())


def test_a_look_round_leaves_the_partitions_of_others_alone(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, day: list[Record]
) -> None:
    tried = loop(work, handler, LogInMemory(day))
    mine = day[0].place
    tried.look_round([mine], Event())
    tried.look_round([mine], Event())
    places = {tuple(row) for row in connection.execute(text("SELECT topic, partition FROM kpi_position"))}
    assert places == {mine}


def test_the_same_request_in_two_batches_of_two_workers(
    work: SqlKpiWork, handler: KpiHandler, telemetry: WorkerTelemetry, connection: Connection
) -> None:
    numbered = records(Life(1).opened(0).routed(1, "office-1").told)
    other = replace(numbered[1], partition=numbered[1].partition + 1, position=0)
    assert loop(work, handler).apply(numbered[:1], Event())
    assert loop(work, handler).apply([other], Event())
    row = connection.execute(text("SELECT request_id, sequence FROM kpi_request_fact")).one()
    assert tuple(row) == (request_id(1), 2)


def _last(day: Sequence[Record], record: Record) -> int:
    return max(one.position for one in day if one.place == record.place)


def _tail(day: Sequence[Record], kept: Sequence[Record], place: Place) -> int:
    """Return how many of a partition's last records are not among `kept`."""
    end = max((one.position + 1 for one in kept if one.place == place), default=0)
    return sum(one.position >= end for one in day if one.place == place)


def _position(connection: Connection) -> int:
    return int(connection.execute(text("SELECT coalesce(sum(next_position), 0) FROM kpi_position")).scalar_one())
