"""Rows beside the ledger are lost or changed: what was entered or given up stays so, and nothing is built on them."""

import pytest

from consumers.parking import OperatorAction, ParkReason
from consumers.runner.errors import Standstill
from consumers.runner.outcomes import Setback
from consumers.settlement.domain.chain import Chain
from consumers.settlement.ports import Opened
from schemas.decode import EventInvalid
from schemas.log_requests import DisputeMarked
from tests.kit.values.ledger_log import REQUEST, RequestsLog, at_position, certificate, life, refunded
from tests.memory.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("left", [None, 1, 3])
def test_an_event_that_the_ledger_has_is_never_entered_again_though_its_progress_is_lost(
    desk: Desk, left: int | None
) -> None:
    log = RequestsLog()
    records = life(log)
    desk.handle(*records)
    books = (list(desk.memory.rows), list(desk.memory.messages), desk.memory.income, desk.memory.reserved_rial)
    if left is None:
        del desk.memory.database.progress.rows[str(REQUEST)]
    else:
        desk.memory.database.progress.rows[str(REQUEST)] = left
    for record in records:
        desk.handle(at_position(record, record.position + 10))
    now = (list(desk.memory.rows), list(desk.memory.messages), desk.memory.income, desk.memory.reserved_rial)
    assert now == books
    assert desk.memory.sequences == {str(REQUEST): 4}
    later = log.add(refunded(REQUEST, certificate(), 10))
    desk.handle(later)
    assert desk.kinds()[4:] == ["refund"] * 2
    assert desk.memory.sequences == {str(REQUEST): 5}


def test_a_parked_event_that_the_ledger_has_leaves_the_park_and_is_not_entered_again(desk: Desk) -> None:
    records = life(RequestsLog())
    desk.handle(*records)
    before = list(desk.memory.rows)
    del desk.memory.database.progress.rows[str(REQUEST)]
    desk.handle(at_position(records[3], 90))
    assert len(desk.memory.park.rows) == 1
    desk.handle(*(at_position(record, record.position + 100) for record in records[:3]))
    assert desk.memory.rows == before
    assert desk.memory.park.rows == []
    assert desk.memory.sequences == {str(REQUEST): 4}


@pytest.mark.parametrize("left", [None, 1])
def test_what_an_operator_gave_up_is_never_entered_though_its_progress_is_lost(desk: Desk, left: int | None) -> None:
    records = life(RequestsLog())
    desk.handle(records[0])
    desk.park_failed(records[1], EventInvalid("office", "Field required"))
    desk.handle(*records[2:])
    desk.memory.park.decide(OperatorAction.SKIP, reason=ParkReason.FAILED)
    desk.sweep()
    before = list(desk.memory.rows)
    if left is None:
        del desk.memory.database.progress.rows[str(REQUEST)]
    else:
        desk.memory.database.progress.rows[str(REQUEST)] = left
    desk.handle(*(at_position(record, record.position + 10) for record in records))
    assert desk.memory.rows == before
    assert desk.memory.park.rows == []
    assert desk.memory.sequences == {str(REQUEST): 4}


def test_a_dispute_that_an_operator_gave_up_is_not_marked_though_its_progress_is_lost(desk: Desk) -> None:
    log = RequestsLog()
    life(log)
    marked = log.add(DisputeMarked(request_id=REQUEST, open=True, reason="overcharged"))
    desk.handle(*log.records[:-1])
    desk.park_failed(marked, EventInvalid("open", "Field required"))
    desk.memory.park.decide(OperatorAction.SKIP)
    desk.sweep()
    del desk.memory.database.progress.rows[str(REQUEST)]
    desk.handle(*(at_position(record, record.position + 10) for record in log.records))
    assert (desk.memory.disputes, desk.memory.sequences) == ({}, {str(REQUEST): 5})


@pytest.mark.parametrize("harm", ["page", "window", "row"])
def test_nothing_is_built_on_rows_that_end_elsewhere_than_what_is_kept(desk: Desk, harm: str) -> None:
    log = RequestsLog()
    records = life(log)
    partition = records[0].partition
    desk.handle(*records)
    [where] = [where for _, where in desk.memory.database.offsets.rows if where.number == partition]
    offset = desk.memory.database.offsets.rows["settlement", where]
    page = {
        "page": Opened(Chain(), 1),
        "window": Opened(offset.page.chain, 2),
        "row": offset.page,
    }[harm]
    desk.memory.database.offsets.rows["settlement", where] = offset._replace(page=page)
    if harm == "row":
        del desk.memory.database.transfers.rows[partition, 4]
    later = log.add(refunded(REQUEST, certificate(), 10))
    with pytest.raises(Standstill, match="the ledger's rows end at") as still:
        desk.handle(later)
    assert (still.value.place, still.value.cause) == (later.place, Setback.LEDGER_APART)
    assert desk.memory.sequences == {str(REQUEST): 4}
