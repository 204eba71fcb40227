"""A log of which anything was left out is whole after it was read again, and the same however often that is done."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.records import Record
from tests.kit.values.ledger_log import RequestsLog
from tests.memory.desk import Desk
from tests.property.test_settlement import BOOKS, logs


def without_marks(log: RequestsLog) -> list[Record]:
    """Return the log's records but for the ends of windows: a cut is where it was met."""
    return [record for record in log.records if not (record.key or b"").startswith(b"window-")]


@BOOKS
@given(logs(), st.data())
def test_what_was_left_out_is_made_up_for_and_nothing_is_done_twice(log: RequestsLog, data: st.DataObject) -> None:
    records = without_marks(log)
    whole, again = Desk(), Desk()
    if records:
        whole.handle(*records)
    left_out = data.draw(st.sets(st.sampled_from(range(len(records))))) if records else set()
    read = [record for place, record in enumerate(records) if place not in left_out]
    for target in (read, records, records):
        size = data.draw(st.integers(1, 7))
        for start in range(0, len(target), size):
            again.handle(*target[start : start + size])
    assert again.memory.balances == whole.memory.balances
    assert again.memory.sequences == whole.memory.sequences
    assert again.memory.park.rows == []
    assert {row.transaction_id for row in again.memory.rows} == {row.transaction_id for row in whole.memory.rows}
    assert len(again.memory.rows) == len(whole.memory.rows)
    assert again.memory.reserved_rial == whole.memory.reserved_rial
