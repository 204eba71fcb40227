"""Facts and figures on a real PostgreSQL, against figures computed plainly from the same events."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select, text

from connectors.database.kpi.stores import SqlKpiWork
from connectors.database.schema.tables import registry_version
from consumers.kpi.domain.facts import Fact, Income, income_of, learn, subject_of
from consumers.kpi.domain.windows import Window, windows_of
from consumers.kpi.handlers import KpiHandler
from consumers.kpi.ports import RecordsMissing
from consumers.runner.errors import Collision
from consumers.runner.records import Record
from schemas.decode import encode
from schemas.kpi import UNKNOWN_KEY, KpiMeasured
from schemas.log_registry import OfficeVersioned
from tests.kit.values.builders import office
from tests.kit.values.kpi_log import MORNING, Life, Told, records, working_day

Row = tuple[str, str, str, datetime, datetime, float, int]


class Died(Exception):
    """Ends a transaction as a kill would."""


def plainly(told: Sequence[Told]) -> set[Row]:
    """Return what every figure must be, computed with nothing but lists."""
    facts: dict[UUID, Fact] = {}
    incomes: dict[UUID, Income] = {}
    for one in told:
        subject = subject_of(one.event)
        assert subject is not None
        facts[subject] = learn(facts.get(subject) or Fact(subject), one.event, one.sequence or 0, one.time)
        income = income_of(one.event, one.time)
        if income is not None:
            incomes[income.transaction_id] = income
    values: dict[tuple[str, str, str, Window], list[float]] = defaultdict(list)

    def note(figure: str, fact: Fact, at: datetime | None, value: float, office: str | None) -> None:
        keys = {"office": office, "service": fact.service, "agency": fact.agency, "county": fact.county.code}
        for window in windows_of(at) if at else ():
            for kind, key in keys.items():
                if key is not None:
                    values[figure, kind, key, window].append(value)

    for fact in facts.values():
        for figure, at in (("volume", fact.opened_at), ("completed", fact.completed_at), ("refused", fact.refused_at)):
            note(figure, fact, at, 1.0, fact.office.code)
        if fact.accepted_at and fact.opened_at:
            wait = (fact.accepted_at - fact.opened_at).total_seconds()
            for figure in ("wait_p50_seconds", "wait_p99_seconds"):
                note(figure, fact, fact.accepted_at, wait, fact.office.code)
    for income in incomes.values():
        note("income_rial", facts[income.request_id], income.at, income.rial, income.office)
    return {
        (figure, kind, key, window.start, window.end, _value(figure, found), len(found))
        for (figure, kind, key, window), found in values.items()
    }


def _published_row(one: KpiMeasured) -> Row:
    return one.figure, one.key_kind, one.key, one.window_from, one.window_to, one.value, one.samples


def _value(figure: str, found: list[float]) -> float:
    if not figure.startswith("wait"):
        return sum(found)
    fraction = 0.5 if "p50" in figure else 0.99
    return sorted(found)[math.ceil(fraction * len(found)) - 1]


def in_sql(connection: Connection) -> set[Row]:
    query = "SELECT figure, key_kind, key, window_from, window_to, value, samples FROM kpi_figure WHERE samples > 0"
    return {tuple(row) for row in connection.execute(text(query))}


def keep(work: SqlKpiWork, handler: KpiHandler, batch: Sequence[Record]) -> None:
    with work.transaction() as stores:
        handler.handle(stores, batch, complete=True)


def measure(work: SqlKpiWork, handler: KpiHandler) -> int:
    count = 0
    while True:
        with work.transaction() as stores:
            taken = handler.measure(stores, 1_000)
        if not taken:
            return count
        count += taken


def published(connection: Connection) -> list[KpiMeasured]:
    bodies = connection.execute(text("SELECT body FROM outbox WHERE topic = 'pishkhan.kpi.measured' ORDER BY id"))
    return [KpiMeasured.model_validate_json(bytes(body)) for body in bodies.scalars()]


def test_figures_are_what_a_plain_count_gives(work: SqlKpiWork, handler: KpiHandler, connection: Connection) -> None:
    day = working_day()
    keep(work, handler, records(day))
    measure(work, handler)
    assert in_sql(connection) == plainly(day)
    assert {_published_row(one) for one in published(connection)} == in_sql(connection)


@pytest.mark.parametrize("seed", range(4))
def test_disorder_repetition_and_measuring_in_between_do_not_matter(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection, seed: int
) -> None:
    chance = random.Random(seed)
    numbered = records(working_day())
    shuffled = [*numbered, *chance.sample(numbered, 10)]
    chance.shuffle(shuffled)
    while shuffled:
        batch, shuffled = shuffled[:7], shuffled[7:]
        keep(work, handler, batch)
        if chance.random() < 0.5:
            measure(work, handler)
    measure(work, handler)
    assert in_sql(connection) == plainly(working_day())
    newest = {(m.figure, m.key_kind, m.key, m.window_from, m.window_to): m for m in published(connection)}
    assert {(*key, m.value, m.samples) for key, m in newest.items() if m.samples} == in_sql(connection)


def test_who_was_never_opened_is_no_sample_of_a_wait(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    known = [Life(1).opened(0).routed(1, "office-1").accepted(3, "office-1")]
    unopened = [Life(number).routed(1, "office-1").accepted(9, "office-1") for number in (2, 3)]
    keep(work, handler, records([one for life in (*known, *unopened) for one in life.told]))
    measure(work, handler)
    waits = [row for row in in_sql(connection) if row[0].startswith("wait") and row[1] == "office"]
    assert waits
    assert {(value, samples) for *_, value, samples in waits} == {(180.0, 1)}


def test_names_that_nobody_knows_are_one_key_and_a_bystanders_figures_stay_his(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    strangers = [
        one
        for number in range(300)
        for one in Life(100 + number, service=f"unheard-{number}").opened(3, office=f"nowhere-{number}").refused(4).told
    ]
    keep(work, handler, records([*working_day(), *strangers]))
    measure(work, handler)
    found = in_sql(connection)
    for kind in ("office", "service"):
        ours = {row for row in found if row[1] == kind and row[2] != UNKNOWN_KEY}
        assert ours == {row for row in plainly(working_day()) if row[1] == kind}
        counts = {(row[0], row[5]) for row in found if row[1] == kind and row[2] == UNKNOWN_KEY}
        assert counts == {("volume", 300.0), ("refused", 300.0)}
    keys = {row[2] for row in connection.execute(text("SELECT figure, key_kind, key FROM kpi_figure"))}
    assert not [key for key in keys if "unheard" in key or "nowhere" in key]


def test_a_name_that_becomes_known_is_its_own_key_from_then_on(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    early = Life(1).opened(0, office="office-9").refused(1)
    keep(work, handler, records(early.told))
    measure(work, handler)
    add_office(connection, "office-9")
    later = Life(2).opened(5, office="office-9").refused(6)
    keep(work, handler, records([*early.told, *later.told])[-2:])
    measure(work, handler)
    volumes = {(row[2], row[5]) for row in in_sql(connection) if row[0] == "volume" and row[1] == "office"}
    assert ("office-9", 2.0) in volumes


def test_the_same_log_again_publishes_nothing(work: SqlKpiWork, handler: KpiHandler, connection: Connection) -> None:
    keep(work, handler, records(working_day()))
    measure(work, handler)
    before = len(published(connection))
    keep(work, handler, records(working_day()))
    assert measure(work, handler) == 0
    assert len(published(connection)) == before


def test_a_request_that_moves_takes_its_count_along(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    life = Life(1).opened(0).routed(1, "office-1").declined(2, "office-1").routed(3, "office-2", 2)
    first, second = records(life.told)[:2], records(life.told)[2:]
    keep(work, handler, first)
    measure(work, handler)
    keep(work, handler, second)
    measure(work, handler)
    office = [m for m in published(connection) if m.key_kind == "office" and m.figure == "volume"]
    assert {(m.key, m.value) for m in office} == {("office-1", 1.0), ("office-1", 0.0), ("office-2", 1.0)}
    assert [m.value for m in office if m.key == "office-1"] == [1.0, 1.0, 0.0, 0.0]


def test_income_is_compared_with_the_expectation_and_says_where_that_is_from(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    add_office(connection, "office-1", expected_monthly_income_rial=300_000)
    add_office(connection, "office-2", expected_monthly_income_rial=0)
    keep(work, handler, records(working_day()))
    measure(work, handler)
    compared = [m for m in published(connection) if m.figure == "income_to_expected_ratio"]
    assert [(m.key, m.value, m.rests_on_generated) for m in compared] == [("office-1", 2.1, True)]


def test_a_gap_is_not_believed(work: SqlKpiWork, handler: KpiHandler, connection: Connection) -> None:
    told = Life(1).opened(0).routed(1, "office-1").accepted(2, "office-1").told
    numbered = records(told)
    place = numbered[0].place
    with pytest.raises(RecordsMissing) as late, work.transaction() as stores:
        handler.handle(stores, numbered[1:])
    assert late.value.spans == {place: (0, 1)}
    with pytest.raises(RecordsMissing) as gap, work.transaction() as stores:
        handler.handle(stores, [numbered[0], numbered[2]])
    assert gap.value.spans == {place: (1, 2)}
    assert connection.execute(text("SELECT count(*) FROM kpi_request_fact")).scalar() == 0
    with work.transaction() as stores:
        handler.handle(stores, numbered)
        assert stores.positions.next_positions([place]) == {place: 3}
    with work.transaction() as stores:
        handler.handle(stores, numbered[:1])
        assert stores.positions.next_positions([place]) == {place: 3}


def test_unreadable_events_are_kept_with_field_and_reason(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    good = records(working_day())
    broken = [
        Record("pishkhan.log.requests", 3, 90, b"k", good[0].headers, b"{", good[0].appended_at),
        Record("pishkhan.log.requests", 3, 91, None, (), None, good[0].appended_at),
        Record("pishkhan.log.requests", 3, 92, b"k", _typed("ir.pishkhan.Unheard.v9"), b"{}", good[0].appended_at),
    ]
    keep(work, handler, [*broken, *good])
    measure(work, handler)
    rows = connection.execute(text("SELECT consumer, reason, field FROM dead_letter ORDER BY id"))
    assert [tuple(row) for row in rows] == [
        ("kpi", "malformed", "body"),
        ("kpi", "malformed", "ce_specversion"),
        ("kpi", "unknown_type", "ce_type"),
    ]
    assert in_sql(connection) == plainly(working_day())


def test_two_workers_that_meet_a_new_request_do_not_overwrite_each_other(
    work: SqlKpiWork, handler: KpiHandler, connection: Connection
) -> None:
    numbered = records(Life(1).opened(0).routed(1, "office-1").told)

    def overtaken() -> None:
        with work.transaction() as slow:
            slow.facts.lock([Life(1).id])
            keep(work, handler, numbered[:1])
            slow.facts.save([Fact(Life(1).id, 2)], [])

    with pytest.raises(Collision):
        overtaken()
    keep(work, handler, numbered[1:])
    row = connection.execute(text("SELECT sequence, opened_at IS NULL FROM kpi_request_fact")).one()
    assert tuple(row) == (2, False)


def test_only_one_worker_measures_at_a_time(work: SqlKpiWork, handler: KpiHandler) -> None:
    keep(work, handler, records(working_day()))
    with work.transaction() as first:
        assert first.figures.take(1_000)
        with work.transaction() as second:
            assert second.figures.take(1_000) == []


def test_a_measuring_that_dies_leaves_its_notes(work: SqlKpiWork, handler: KpiHandler, connection: Connection) -> None:
    keep(work, handler, records(working_day()))

    def dies() -> None:
        with work.transaction() as stores:
            assert handler.measure(stores, 1_000)
            raise Died

    with pytest.raises(Died):
        dies()
    assert published(connection) == []
    measure(work, handler)
    assert in_sql(connection) == plainly(working_day())


def add_office(connection: Connection, code: str, **changes: object) -> None:
    """Put an office into the registry as its consumer would."""
    moment = MORNING
    entry = OfficeVersioned(revision=1, accepted_at=moment, office=office(code, **changes))
    connection.execute(
        insert(registry_version).values(
            revision=func.coalesce(select(func.max(registry_version.c.revision)).scalar_subquery(), 0) + 1,
            kind="office",
            code=code,
            version=2,
            valid_from=moment,
            accepted_at=moment,
            body=json.loads(encode(entry)),
        )
    )


def _typed(name: str) -> tuple[tuple[str, bytes | None], ...]:
    attributes = {"ce_specversion": "1.0", "ce_id": "1", "ce_source": "/bus", "ce_type": name}
    return tuple((key, value.encode()) for key, value in attributes.items())
