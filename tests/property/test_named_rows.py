"""Whichever one row of the ledger is altered, swapped, taken out or put in: it is named, with what the log says."""

from itertools import combinations
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from consumers.settlement.domain.chain import Row
from consumers.settlement.domain.differences import RowDifferenceKind, differences
from tests.kit.values.harmed_books import HarmedBooks
from tests.kit.values.ledger_log import RequestsLog, at_position
from tests.property.test_settlement import books_of, logs

NAMED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
STRANGER = UUID("00000000-0000-4000-8000-0000000000ff")
#: What somebody might write into each field of a row.
ALTERATIONS: dict[str, Any] = {
    "transaction_id": STRANGER,
    "event_id": "another event",
    "request_id": STRANGER,
    "kind": "correction",
    "debit_account": "office:stranger",
    "credit_account": "bank:stranger",
    "amount_rial": 999_999_999,
    "window_number": 77,
    "office": "office-77",
    "exposure_rial": 77_777,
}


def harmed(log: RequestsLog, data: st.DataObject) -> HarmedBooks:
    """Return the books of `log`, or of some other order of reading it in batches, ready to be harmed."""
    cuts = data.draw(st.lists(st.integers(0, len(log.records)), max_size=4))
    return HarmedBooks(books_of(log.records, cuts), log.records)


def drawn(books: HarmedBooks, data: st.DataObject) -> Row:
    assume(books.ledger)
    return data.draw(st.sampled_from(books.ledger))


@NAMED
@given(logs(), st.data())
def test_sound_books_are_not_folded_again(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    assert books.verdicts() == []
    assert books.read == []


@NAMED
@given(logs(), st.data())
def test_an_altered_row_is_named_with_its_field(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    row = drawn(books, data)
    name = data.draw(st.sampled_from(sorted(ALTERATIONS)))
    altered = row._replace(**{name: ALTERATIONS[name]})
    books.ledger[books.ledger.index(row)] = altered
    [verdict] = books.verdicts()
    [one] = verdict.first
    assert (verdict.partition, verdict.proven) == (row.partition, True)
    assert (one.kind, one.expected, one.found) == (RowDifferenceKind.ALTERED, row, altered)
    assert one.fields() == [(name, ALTERATIONS[name], getattr(row, name))]
    assert verdict.rows == {RowDifferenceKind.ALTERED: 1}


@NAMED
@given(logs(), st.data())
def test_two_swapped_rows_are_both_named(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    pairs = [
        (first, second)
        for first, second in combinations(books.ledger, 2)
        if first.partition == second.partition and first._replace(number=0) != second._replace(number=0)
    ]
    assume(pairs)
    first, second = data.draw(st.sampled_from(pairs))
    for row, number in ((first, second.number), (second, first.number)):
        books.ledger[books.ledger.index(row)] = row._replace(number=number)
    [verdict] = books.verdicts()
    named = [(one.kind, one.expected, one.fields()) for one in verdict.first]
    assert verdict.proven
    assert named == [
        (RowDifferenceKind.MOVED, first, [("number", second.number, first.number)]),
        (RowDifferenceKind.MOVED, second, [("number", first.number, second.number)]),
    ]


@NAMED
@given(logs(), st.data())
def test_a_missing_row_is_named(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    row = drawn(books, data)
    books.ledger.remove(row)
    [verdict] = books.verdicts()
    [one] = verdict.first
    assert (one.kind, one.expected, one.found, verdict.proven) == (RowDifferenceKind.MISSING, row, None, True)


@NAMED
@given(logs(), st.data())
def test_a_row_taken_out_so_that_the_rest_closes_up_is_named_first(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    row = drawn(books, data)
    alike = [one for one in books.ledger if one._replace(number=0) == row._replace(number=0)]
    behind = [one for one in books.ledger if one.partition == row.partition and one.number > row.number]
    assume(len(alike) == 1)
    for one in behind:
        books.ledger[books.ledger.index(one)] = one._replace(number=one.number - 1)
    books.ledger.remove(row)
    [verdict] = books.verdicts()
    assert (verdict.first[0].kind, verdict.first[0].expected) == (RowDifferenceKind.MISSING, row)
    # What closed up is told in one line, if it is all different.
    assert verdict.rows.get(RowDifferenceKind.MOVED, 0) + verdict.rows.get(RowDifferenceKind.ALTERED, 0) == len(behind)


@NAMED
@given(logs(), st.data())
def test_a_row_beyond_the_log_is_named(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    row = drawn(books, data)
    last = max(one.number for one in books.ledger if one.partition == row.partition)
    number = data.draw(st.sampled_from((last + 1, last + 1_000, 0, -3)))
    extra = row._replace(number=number, transaction_id=STRANGER)
    books.ledger.append(extra)
    [verdict] = books.verdicts()
    assert verdict.proven
    assert [(one.kind, one.found) for one in verdict.first] == [(RowDifferenceKind.EXTRA, extra)]


@NAMED
@given(logs(), st.data())
def test_a_log_that_says_everything_twice_makes_the_same_rows(log: RequestsLog, data: st.DataObject) -> None:
    books = harmed(log, data)
    ends = {number: sum(one.partition == number for one in log.records) for number in range(log.partitions)}
    again = [at_position(record, record.position + ends[record.partition]) for record in log.records]
    books.log = [*log.records, *again]
    row = drawn(books, data)
    books.ledger.remove(row)
    [verdict] = books.verdicts()
    assert [(one.kind, one.expected) for one in verdict.first] == [(RowDifferenceKind.MISSING, row)]


@NAMED
@given(logs(), st.data())
def test_however_little_room_there_is_every_harmed_row_is_told(log: RequestsLog, data: st.DataObject) -> None:
    rows = harmed(log, data).ledger
    assume(rows)
    of_one = [row for row in rows if row.partition == rows[0].partition]
    altered = {row.number for row in data.draw(st.lists(st.sampled_from(of_one)))}
    found = [row._replace(amount_rial=10**9) if row.number in altered else row for row in of_one]
    told = list(differences(of_one, found, data.draw(st.integers(0, 3))))
    assert {one.row.number for one in told} == {
        row.number for row, there in zip(of_one, found, strict=True) if row != there
    }
