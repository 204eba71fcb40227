"""From where a partition is folded again, and what is said when the log itself is not what was settled."""

from collections.abc import Callable, Sequence

import pytest

from consumers.runner.records import Record
from consumers.settlement.chains import ChainNotProven, page_of_rows
from consumers.settlement.domain.chain import Chain, Row
from consumers.settlement.domain.differences import FirstOnes, RowDifference, RowDifferenceKind
from consumers.settlement.ports import Opened
from tests.kit.values.harmed_books import HarmedBooks
from tests.kit.values.ledger_log import RequestsLog, accepted, certificate, collected, completed, payment, request
from tests.property.test_settlement import books_of

#: Of this partition all tests are.
ONE = 0


def played(windows: int = 2) -> RequestsLog:
    """Return a log of one partition with three requests, `windows` of them in windows that are closed behind them."""
    log = RequestsLog(partitions=1)
    for number in range(3):
        log.add(accepted(request(number), certificate()))
        log.add(collected(request(number), 30_000))
        log.add(completed(request(number), certificate()))
        if number < windows:
            log.mark(number + 1)
    return log


def books(records: Sequence[Record]) -> HarmedBooks:
    return HarmedBooks(books_of(records), records)


def of_window(rows: Sequence[Row], window: int) -> Row:
    return next(row for row in rows if row.window_number == window)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_folding_begins_at_the_last_sound_end_of_a_window(window: int) -> None:
    harmed = books(played().records)
    row = of_window(harmed.ledger, window)
    harmed.ledger[harmed.ledger.index(row)] = row._replace(amount_rial=1)
    [verdict] = harmed.verdicts()
    assert verdict.since_window == window - 1
    assert [one.fields() for one in verdict.first] == [[("amount_rial", 1, row.amount_rial)]]
    assert harmed.read == [ONE]


def test_rows_that_differ_in_several_windows_are_named_in_their_order() -> None:
    harmed = books(played().records)
    rows = [of_window(harmed.ledger, window) for window in (3, 1)]
    for row in rows:
        harmed.ledger.remove(row)
    [verdict] = harmed.verdicts()
    assert verdict.since_window == 0
    assert [one.row for one in verdict.first] == rows[::-1]
    [verdict] = harmed.verdicts(limit=1)
    assert [one.row for one in verdict.first] == rows[1:]
    assert verdict.rows == {RowDifferenceKind.MISSING: 2}


def test_a_log_that_lost_the_marker_is_folded_from_its_beginning() -> None:
    log = played()
    harmed = books(log.records)
    harmed.log = [record for record in log.records if record.key != b"window-2"]
    harmed.ledger.remove(harmed.ledger[-1])
    [verdict] = harmed.verdicts()
    # What followed the marker stands in another window then.
    assert (verdict.since_window, verdict.proven) == (0, False)


def test_a_log_that_lost_an_event_proves_nothing_and_its_rows_are_extra() -> None:
    log = played()
    harmed = books(log.records)
    lost, *_ = [record for record in log.records if record.key == str(request(2)).encode()]
    harmed.log = [record for record in log.records if record is not lost]
    harmed.ledger.remove(of_window(harmed.ledger, 3))
    [verdict] = harmed.verdicts()
    assert not verdict.proven
    assert verdict.rows == {RowDifferenceKind.EXTRA: sum(row.window_number == 3 for row in harmed.ledger)}


@pytest.mark.parametrize("left_out", ["parked", "given_up"])
def test_what_settlement_did_not_enter_is_not_missed(left_out: str) -> None:
    log = RequestsLog(partitions=1)
    log.add(payment(500), request(1))
    missed = log.add(payment(700), request(2))
    log.add(payment(900), request(3))
    entered = [record for record in log.records if record is not missed]
    event_id = dict(missed.headers)["ce_id"]
    assert event_id is not None
    harmed = HarmedBooks(books_of(entered), log.records)
    setattr(harmed, left_out, [event_id.decode()])
    harmed.ledger[0] = harmed.ledger[0]._replace(amount_rial=1)
    [verdict] = harmed.verdicts()
    assert (verdict.proven, verdict.rows) == (True, {RowDifferenceKind.ALTERED: 1})


def test_rows_of_what_settlement_has_not_read_are_not_missed() -> None:
    log = played()
    harmed = HarmedBooks(books_of(log.records[:-1]), log.records, positions={ONE: len(log.records) - 1})
    harmed.ledger[0] = harmed.ledger[0]._replace(kind="fine")
    [verdict] = harmed.verdicts()
    assert verdict.rows == {RowDifferenceKind.ALTERED: 1}


def test_a_position_that_was_moved_back_does_not_make_rows_extra() -> None:
    harmed = books(played().records)
    harmed.positions = {ONE: 1}
    harmed.ledger[-1] = harmed.ledger[-1]._replace(amount_rial=1)
    [verdict] = harmed.verdicts()
    assert (verdict.proven, verdict.rows) == (True, {RowDifferenceKind.ALTERED: 1})


def test_only_the_first_ones_are_kept_and_all_are_counted() -> None:
    rows = books(played().records).ledger
    first = FirstOnes(limit=2)
    for row in (rows[4], rows[2], rows[3], rows[1]):
        first.add(RowDifference(RowDifferenceKind.MISSING, row, None))
    assert [one.row.number for one in first.first()] == [2, 3]
    assert first.rows == {RowDifferenceKind.MISSING: 4}


def lost_page(harmed: HarmedBooks) -> None:
    """Lose what is kept of the partition, and let leases make its row anew."""
    offsets = harmed.books.database.offsets.rows
    offsets.update({where: row._replace(page=Opened(Chain(), 1)) for where, row in offsets.items()})
    harmed.positions = {ONE: 0}


@pytest.mark.parametrize("windows", [2, 0])
def test_where_nothing_is_kept_any_more_rows_are_still_told_from_the_log(windows: int) -> None:
    harmed = books(played(windows).records)
    lost_page(harmed)
    [verdict] = harmed.verdicts()
    assert (verdict.lost, verdict.proven, verdict.rows, verdict.first) == (True, False, {}, ())
    harmed.ledger[2] = harmed.ledger[2]._replace(amount_rial=1)
    [verdict] = harmed.verdicts()
    assert (verdict.lost, verdict.rows) == (True, {RowDifferenceKind.ALTERED: 1})


def test_a_lost_page_is_made_again_from_rows_that_are_the_logs() -> None:
    harmed = books(played().records)
    before = harmed.books.pages[ONE]
    lost_page(harmed)
    cuts = harmed.books.window_cuts.values()
    assert page_of_rows(ONE, harmed, cuts, harmed) == before
    assert before.window == 3


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda rows: rows.pop(2), "is not where the chain expects it"),
        (lambda rows: rows.pop(), "its rows are not those of the log"),
        (lambda rows: rows.append(rows[-1]._replace(number=rows[-1].number + 1)), "its rows are not those of the log"),
        (lambda rows: rows.append(rows.pop()._replace(kind="fine")), "its rows are not those of the log"),
        (lambda rows: rows.insert(0, rows.pop(0)._replace(kind="fine")), "its chain at the end of window 1"),
    ],
)
def test_no_page_is_made_of_rows_that_nothing_proves(harm: Callable[[list[Row]], None], why: str) -> None:
    harmed = books(played().records)
    lost_page(harmed)
    harm(harmed.ledger)
    with pytest.raises(ChainNotProven, match=why):
        page_of_rows(ONE, harmed, harmed.books.window_cuts.values(), harmed)


def test_no_page_is_made_without_the_log() -> None:
    harmed = books(played().records)
    lost_page(harmed)
    harmed.log = harmed.log[1:]
    with pytest.raises(ChainNotProven, match="not those of the log"):
        page_of_rows(ONE, harmed, harmed.books.window_cuts.values(), harmed)
