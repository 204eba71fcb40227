"""Windows on a real database: several workers cut them, one closes them, once."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from consumers.runner.records import Record
from schemas.log_settlement import StatementIssued, WindowClosed
from tests.kit.on_sql.databases import engine_of, wait_until
from tests.kit.on_sql.settlement import SettlementBus
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.ledger_log import OFFICE, RequestsLog, accepted, bill, collected, completed, payment, request

pytestmark = pytest.mark.integration

CLOSINGS = f"SELECT count(*) FROM outbox WHERE type = '{WindowClosed.type_name()}'"
STATEMENTS = f"SELECT count(*) FROM outbox WHERE type = '{StatementIssued.type_name()}'"


@pytest.fixture
def bus(engine: Engine) -> SettlementBus:
    return SettlementBus(engine, partitions=4)


@pytest.fixture
def rival(database: DatabaseUrls, bus: SettlementBus) -> Iterator[SettlementBus]:
    """Another worker, with connections of its own."""
    with engine_of(database.worker_url, "rival") as engine:
        yield SettlementBus(engine, partitions=4)


def paid_bills(log: RequestsLog, first: int, count: int) -> list[Record]:
    """Append whole lives of bills, and return their records."""
    return [
        record
        for number in range(first, first + count)
        for record in (
            log.add(accepted(request(number), bill())),
            log.add(collected(request(number), 1_250_000)),
            log.add(completed(request(number), bill())),
        )
    ]


def test_two_workers_that_cut_the_last_partitions_at_once_close_the_window_once(
    bus: SettlementBus, rival: SettlementBus
) -> None:
    log = RequestsLog(partitions=4)
    bus.handle(*paid_bills(log, 0, 6))
    first, second, third, fourth = log.mark(1)
    bus.handle(first, second)
    failures: list[Exception] = []

    def race() -> None:
        try:
            rival.handle(fourth)
        except Exception as error:
            failures.append(error)

    racer = threading.Thread(target=race)
    with bus.stores() as stores:
        # This worker has cut its partition and looked for the others, but has not committed; now comes the rival.
        bus.handler.handle(stores, [third])
        racer.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_until(lambda: bus.query(waiting) == [(1,)], "the rival waits for the one lock")
    racer.join(timeout=20)
    assert not racer.is_alive()
    assert failures == []
    assert bus.query("SELECT window_number FROM settlement_window") == [(1,)]
    assert bus.query(CLOSINGS) == [(1,)]
    assert bus.query("SELECT count(*), min(window_number), max(window_number) FROM consumer_offset") == [(4, 2, 2)]


def test_statements_of_consecutive_windows_join_and_add_up_to_zero(bus: SettlementBus) -> None:
    log = RequestsLog(partitions=4)
    bus.handle(*paid_bills(log, 0, 3), *log.mark(1))
    bus.handle(*paid_bills(log, 3, 2), log.add(payment(5_000_000), request(99)), *log.mark(2))
    windows = [by_account(bus, window) for window in (1, 2)]
    for statements in windows:
        assert sum(one.closing_rial for one in statements.values()) == 0
        assert all(
            one.closing_rial == one.opening_rial + one.debits_rial - one.credits_rial for one in statements.values()
        )
    drawer = f"office:{OFFICE}:drawer"
    assert windows[0][drawer].closing_rial == windows[1][drawer].opening_rial == 3_750_000
    assert windows[1][drawer].closing_rial == 3_750_000 + 2_500_000 - 5_000_000
    closed = bus.query("SELECT window_number, transfers FROM settlement_window ORDER BY 1")
    assert sum(transfers for _, transfers in closed) == len(bus.rows())
    assert {finding for finding in bus.findings() if "reserved" not in finding} == set()


def by_account(bus: SettlementBus, window: int) -> dict[str, StatementIssued]:
    """Return a window's statements as the outbox holds them."""
    rows = bus.query(f"SELECT body FROM outbox WHERE type = '{StatementIssued.type_name()}' AND key = '{window}'")
    statements = [StatementIssued.model_validate_json(bytes(body)) for (body,) in rows]
    return {one.account: one for one in statements}


def test_entries_go_to_the_next_window_in_partitions_that_have_passed_the_marker(bus: SettlementBus) -> None:
    log = RequestsLog(partitions=4)
    before = paid_bills(log, 0, 4)
    markers = log.mark(1)
    after = paid_bills(log, 4, 4)
    slow = markers[-1]
    # All but one partition run ahead into the next window.
    ahead = [record for record in [*before, *markers[:-1], *after] if record.partition != slow.partition]
    bus.handle(*ahead)
    assert bus.query("SELECT count(*) FROM settlement_window") == [(0,)]
    late = [record for record in [*before, slow, *after] if record.partition == slow.partition]
    bus.handle(*late)
    assert bus.query("SELECT window_number FROM settlement_window") == [(1,)]
    expected = {record.key: 1 for record in before if record.key} | {record.key: 2 for record in after if record.key}
    rows = bus.query("SELECT DISTINCT request_id, window_number FROM ledger_transfer")
    assert {str(subject).encode(): window for subject, window in rows} == expected
    assert {finding for finding in bus.findings() if "reserved" not in finding} == set()


def test_a_window_without_entries_closes_without_statements(bus: SettlementBus) -> None:
    bus.handle(*RequestsLog(partitions=4).mark(1))
    assert bus.query("SELECT transfers FROM settlement_window") == [(0,)]
    assert bus.query(STATEMENTS) == [(0,)]
