"""The ledger on a real database: what is written, that it is written once, and that nobody rewrites it."""

import random
from collections.abc import Iterator
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from connectors.database.parking.operator import ParkOperator
from connectors.database.settlement.audit import audit
from consumers.parking import OperatorAction, ParkReason
from consumers.runner.errors import Contention
from consumers.runner.records import Record
from consumers.settlement.domain.chain import Chain, Row, extend
from schemas.log_requests import DisputeMarked
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.rests import end_rests, tries
from tests.kit.on_sql.settlement import SettlementBus, license_office
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.ledger_log import (
    AGENCY,
    OFFICE,
    RequestsLog,
    accepted,
    at_position,
    bill,
    certificate,
    closed,
    collected,
    completed,
    payment,
    refunded,
    request,
    returned,
    started,
)
from tests.memory.desk import Desk

pytestmark = pytest.mark.integration

ACT = UUID("00000000-0000-4000-8000-0000000000ac")
DRAWER = f"office:{OFFICE}:drawer"


@pytest.fixture
def bus(engine: Engine) -> SettlementBus:
    return SettlementBus(engine)


@pytest.fixture
def owner(database: DatabaseUrls) -> Iterator[Engine]:
    """The tables' owner, who may do what workers may not."""
    with engine_of(database.owner_url, "owner") as engine:
        yield engine


def day() -> list[Record]:
    """Return a log with a bill, a refunded certificate, a rejection after cash, a payment, and a window's end."""
    log = RequestsLog()
    paid, refunded_one, rejected, open_one = (request(number) for number in range(4))
    log.add(accepted(paid, bill()))
    log.add(collected(paid, 1_250_000))
    log.add(accepted(refunded_one, certificate()))
    log.add(completed(paid, bill()))
    log.add(collected(refunded_one, 30_000))
    log.add(started(refunded_one))
    log.add(completed(refunded_one, certificate()))
    log.mark(1)
    log.add(accepted(rejected, certificate()))
    log.add(refunded(refunded_one, certificate(), 10_001))
    log.add(collected(rejected, 30_000))
    log.add(closed(rejected, certificate(), collected_rial=30_000))
    log.add(returned(rejected, 30_000, freed_rial=9_000))
    log.add(payment(1_000_000), ACT)
    log.add(accepted(open_one, certificate()))
    log.add(DisputeMarked(request_id=refunded_one, open=True, reason="overcharged"))
    return log.records


def test_a_day_stands_in_the_books(bus: SettlementBus) -> None:
    bus.handle(*day())
    assert bus.balances() == {
        DRAWER: 1_250_000 + 30_000 - 1_000_000,
        f"office:{OFFICE}": -1_200 - 21_000 + 7_001,
        f"agency:{AGENCY}": -1_248_800,
        "bank:melli": -9_000 + 3_000,
        "citizens:refunds": -10_001,
        "settlement:bank": 1_000_000,
        "citizens": 30_000,
        "suspense": -30_000,
    }
    summary = bus.summary()
    assert (summary.held_rial, summary.posted_rial) == (1_251_200 + 3 * 30_000, 1_251_200 + 30_000)
    assert (summary.voided_rial, summary.still_held_rial, summary.sum_rial) == (30_000, 30_000, 0)
    assert bus.query("SELECT count(*), count(DISTINCT currency), min(currency) FROM ledger_account") == [(9, 1, "IRR")]
    assert bus.query("SELECT request_id, open FROM ledger_dispute") == [(request(1), True)]
    assert bus.query("SELECT DISTINCT topic, key, shard FROM outbox WHERE key = 'office-1'") == [
        ("pishkhan.log.settlement", "office-1", bus.query("SELECT shard FROM outbox WHERE key = 'office-1'")[0][0])
    ]


def test_the_running_sums_and_chains_are_those_of_the_rows(bus: SettlementBus) -> None:
    with bus.engine.begin() as connection:
        license_office(connection, OFFICE, cap_rial=10**9, reserved_rial=10**7)
    bus.handle(*day())
    assert bus.findings() == []
    rows = bus.rows()
    for partition, (head, count) in bus.heads().items():
        mine = [row for row in rows if row.partition == partition]
        if mine:
            assert extend(Chain(), mine) == Chain(head, count)


@pytest.mark.parametrize("seed", range(2))
def test_disorder_and_repeats_give_the_same_entries(bus: SettlementBus, seed: int) -> None:
    records = day()
    chance = random.Random(seed)
    # Markers keep their places: what lies between them may come in any order, and twice.
    markers = [place for place, record in enumerate(records) if (record.key or b"").startswith(b"window-")]
    disorderly: list[Record] = []
    for part in (records[: markers[0]], records[markers[-1] + 1 :]):
        shuffled = part + [at_position(record, record.position + 100) for record in part]
        chance.shuffle(shuffled)
        disorderly += shuffled
        disorderly += records[markers[0] : markers[-1] + 1]
    bus.handle_in(sorted(chance.sample(range(len(disorderly)), 6)), disorderly)
    assert bus.query("SELECT count(*) FROM parked_event") == [(0,)]
    expected = Desk()
    expected.handle(*records)
    assert by_event(bus.rows()) == by_event(expected.memory.rows)
    assert sum(len(rows) for rows in by_event(bus.rows()).values()) == len(expected.memory.rows)


def by_event(rows: list[Row]) -> dict[str, list[Row]]:
    """Return each event's rows, in their order, without their numbers: those are the order of arrival."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(row._replace(number=0))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_any_cut_into_batches_gives_the_same_rows_and_chains(engine: Engine, seed: int) -> None:
    records = day()
    whole = Desk()
    whole.handle(*records)
    bus = SettlementBus(engine)
    bus.handle_in(random.Random(seed).sample(range(len(records)), 7), records)
    assert bus.rows() == sorted(whole.memory.rows)
    kept = {number: page.chain for number, page in whole.memory.pages.items()}
    assert {number: Chain(head, count) for number, (head, count) in bus.heads().items() if head} == kept


def test_a_replay_from_the_beginning_writes_nothing_again(bus: SettlementBus) -> None:
    records = day()
    bus.handle(*records)
    rows, heads, sums = bus.rows(), bus.heads(), bus.query("SELECT * FROM ledger_balance ORDER BY 1, 2, 3")
    messages = bus.query("SELECT count(*) FROM outbox")
    bus.handle_in([5, 11], records)
    assert (bus.rows(), bus.heads()) == (rows, heads)
    assert bus.query("SELECT * FROM ledger_balance ORDER BY 1, 2, 3") == sums
    assert bus.query("SELECT count(*) FROM outbox") == messages


def test_an_event_beyond_a_gap_waits_in_the_park(bus: SettlementBus) -> None:
    log = RequestsLog()
    first, second, third = (
        log.add(accepted(request(1), certificate())),
        log.add(collected(request(1), 30_000)),
        log.add(completed(request(1), certificate())),
    )
    bus.handle(first)
    bus.handle(third)
    assert bus.query("SELECT key, reason FROM parked_event") == [(str(request(1)), ParkReason.GAP.value)]
    bus.handle(second)
    assert [row.kind for row in bus.rows()] == ["hold", "collect", "post", "post"]
    assert bus.query("SELECT count(*) FROM parked_event") == [(0,)]


def test_an_operators_decision_is_carried_out_under_the_partitions_lock(bus: SettlementBus) -> None:
    log = RequestsLog()
    first, second = log.add(accepted(request(1), certificate())), log.add(collected(request(1), 30_000))
    bus.handle(first)
    with bus.stores() as stores:
        bus.handler.park_failed(stores, second, ValueError("office: is missing"))
    with bus.engine.begin() as connection:
        ParkOperator(connection).decide_on_failed("settlement", OperatorAction.REDRIVE, "sara", "repaired")
    with bus.engine.connect() as rival, rival.begin():
        rival.execute(text(f"SELECT FROM consumer_offset WHERE partition = {second.partition} FOR UPDATE"))
        with pytest.raises(Contention):
            bus.sweep()
    assert bus.sweep() == 1
    assert [row.kind for row in bus.rows()] == ["hold", "collect"]
    assert bus.findings() == [unreserved(9_000)]


def test_what_failed_is_entered_once_by_whichever_worker_comes_first(bus: SettlementBus) -> None:
    log = RequestsLog()
    events = [log.add(accepted(request(number), certificate())) for number in range(1, 40)]
    for event in events:
        with bus.stores() as stores:
            bus.handler.park_failed(stores, event, ValueError("office: is missing"))
    assert bus.sweep() == 0
    end_rests(bus.engine)
    first, second = Thread(target=bus.sweep), Thread(target=SettlementBus(bus.engine).sweep)
    for thread in (first, second):
        thread.start()
    for thread in (first, second):
        thread.join()
    assert len(bus.rows()) == len(events)
    assert bus.query("SELECT count(*) FROM parked_event") == [(0,)]
    assert all("reserved" in finding for finding in bus.findings())


def test_what_cannot_be_entered_rests_while_the_others_are(bus: SettlementBus, database: DatabaseUrls) -> None:
    log = RequestsLog()
    events = [log.add(accepted(request(number), certificate())) for number in range(1, 6)]
    for event in events:
        with bus.stores() as stores:
            bus.handler.park_failed(stores, event, ValueError("office: is missing"))
    with engine_of(database.owner_url, "owner") as owner, owner.begin() as connection:
        poison = f"CHECK (request_id <> '{request(2)}')"
        connection.execute(text(f"ALTER TABLE ledger_transfer ADD CONSTRAINT poison {poison} NOT VALID"))
    end_rests(bus.engine)
    assert bus.sweep() == 4
    assert tries(bus.engine) == [(str(request(2)), "failed", 2, True)]
    assert bus.sweep() == 0


def unreserved(exposure_rial: int) -> str:
    return f"office {OFFICE}: owes {exposure_rial} rial under its cap, but only 0 are reserved"


def test_a_worker_cannot_rewrite_the_ledger(bus: SettlementBus) -> None:
    bus.handle(*day())
    for statement in (
        "UPDATE ledger_transfer SET amount_rial = 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer",
        "UPDATE settlement_window SET transfers = 0",
        "DELETE FROM window_cut",
        "DELETE FROM ledger_balance",
        "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
        "DROP TABLE ledger_transfer",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), bus.engine.begin() as worker:
            worker.execute(text(statement))


#: What the tables' owner could do to the books, and what the audit then says.
TAMPERING = (
    ("UPDATE ledger_transfer SET amount_rial = amount_rial + 1 WHERE kind = 'void'", "do not make the chain"),
    ("UPDATE ledger_transfer SET recorded_at = 'epoch' WHERE kind = 'hold'", "at the end of window 1 is not"),
    ("DELETE FROM ledger_transfer WHERE kind = 'post'", "is not where the chain expects it"),
    ("DELETE FROM ledger_transfer WHERE kind = 'office_payment'", "none is in the ledger"),
    ("UPDATE ledger_balance SET debits_rial = debits_rial + 1 WHERE account = 'citizens'", "running sums"),
    ("UPDATE settlement_window SET anchor = sha256('x')", "window 1: its anchor"),
    ("UPDATE window_cut SET chain_count = 0, chain_head = sha256('x') WHERE chain_count > 0", "window 1"),
    ("UPDATE office_position SET reserved_rial = 1", "only 1 are reserved"),
    ("UPDATE office_position SET cap_rial = 1", "its cap is 1"),
    ("TRUNCATE ledger_transfer", "windows were cut behind rows that are not in the ledger"),
)


def test_what_even_an_owner_does_to_the_books_shows(bus: SettlementBus, owner: Engine) -> None:
    with bus.engine.begin() as connection:
        license_office(connection, OFFICE, cap_rial=10**9, reserved_rial=10**7)
    bus.handle(*day())
    assert bus.findings() == []
    with owner.connect() as connection:
        for statement, finding in TAMPERING:
            connection.execute(text(statement))
            found = list(audit(connection))
            assert any(finding in text_ for text_ in found), (statement, found)
            connection.rollback()
    assert bus.findings() == []


def test_exposure_by_the_rows_is_what_acceptance_reserved_less_what_was_freed(bus: SettlementBus) -> None:
    # A bill, two certificates voided or still open, one refunded, and a payment, as reserved by requests.
    with bus.engine.begin() as connection:
        license_office(connection, OFFICE, cap_rial=2_000_000, reserved_rial=1_250_000 + 3 * 9_000)
    bus.handle(*day())
    assert bus.query("SELECT reserved_rial, income_rial FROM office_position") == [
        (1_250_000 + 3 * 9_000 - 9_000 - 1_000_000, 1_200 + 21_000 - 7_001)
    ]
    assert bus.query("SELECT sum(exposure_rial) FROM ledger_transfer WHERE office = 'office-1'") == [(268_000,)]
    assert bus.findings() == []
