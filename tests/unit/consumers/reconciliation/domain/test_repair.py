"""What a repair does for a topic, and what it cannot do."""

from dataclasses import replace

import pytest

from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.repair import Missing, PositionRepair, Reader, RepairPlan, plan_repair
from consumers.reconciliation.domain.views import ComparedPosition, ComparisonCut
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES, LOG_REQUESTS

LOG, INTAKE = Place(LOG_REQUESTS.name, 3), Place(INTAKE_OFFICES.name, 0)


def cut_at(begin: int, end: int) -> ComparisonCut:
    return ComparisonCut({LOG: begin, INTAKE: begin}, {}, {LOG: end, INTAKE: end}, {}, {}, None)


def plan(
    place: Place, findings: list[Finding], *positions: ComparedPosition, begin: int = 0, end: int = 10
) -> RepairPlan:
    return plan_repair(place.topic, findings, positions, cut_at(begin, end))


def lost(place: Place, event_id: str) -> Finding:
    return Finding(
        DifferenceKind.NOT_IN_LOG, topic=place.topic, partition=place.partition, source="/bus", event_id=event_id
    )


def skipped(consumer: str, position: int, kind: DifferenceKind = DifferenceKind.RECORD_SKIPPED) -> Finding:
    return Finding(kind, consumer, LOG.topic, LOG.partition, position, event_id="e")


def test_a_sound_topic_needs_nothing() -> None:
    found = plan(LOG, [], ComparedPosition("settlement", LOG, 10, True), ComparedPosition("kpi", LOG, 0, True))
    assert found == RepairPlan(LOG.topic, (), (), 0, 0)
    assert not found.needed


def test_a_lost_tail_is_published_again_and_read_again() -> None:
    findings = [lost(LOG, "a"), lost(Place(LOG.topic, 7), "b"), lost(INTAKE, "another topic's")]
    found = plan(LOG, findings, ComparedPosition("settlement", LOG, 12, True), ComparedPosition("kpi", LOG, 9, True))
    assert found.missing == (Missing("/bus", "a"), Missing("/bus", "b"))
    assert found.positions == (PositionRepair("settlement", LOG, 12, 10, False),)
    assert found.lost_claims == 0


def test_a_consumer_goes_back_to_the_first_record_that_it_skipped() -> None:
    findings = [skipped("settlement", 7), skipped("settlement", 5), skipped("kpi", 6)]
    found = plan(LOG, findings, ComparedPosition("settlement", LOG, 9, True), ComparedPosition("kpi", LOG, 10, True))
    assert found.positions == (PositionRepair("settlement", LOG, 9, 5, False), PositionRepair("kpi", LOG, 10, 6, False))


def test_settlement_goes_back_to_the_first_event_that_its_progress_does_not_count() -> None:
    findings = [skipped("settlement", 6), skipped("settlement", 4, DifferenceKind.PROGRESS_LOST)]
    found = plan(LOG, findings, ComparedPosition("settlement", LOG, 9, True))
    assert found.positions == (PositionRepair("settlement", LOG, 9, 4, False),)


@pytest.mark.parametrize(("begin", "after"), [(0, 0), (4, 4)])
def test_positions_of_a_topic_that_was_made_anew_are_carried_over_to_its_beginning(begin: int, after: int) -> None:
    found = plan(LOG, [], ComparedPosition("settlement", LOG, 900, False), begin=begin)
    assert found.positions == (PositionRepair("settlement", LOG, 900, after, True),)


def test_a_position_before_the_beginning_goes_forward_to_it() -> None:
    found = plan(LOG, [], ComparedPosition("settlement", LOG, 2, True), begin=4)
    assert found.positions == (PositionRepair("settlement", LOG, 2, 4, False),)


def test_rows_that_somebody_deleted_are_put_back() -> None:
    removed = Finding(DifferenceKind.ROW_REMOVED, topic=LOG.topic, partition=3, event_id="e")
    found = plan(LOG, [removed, replace(removed, topic=INTAKE.topic)])
    assert (found.removed, found.missing, found.positions) == (1, (), ())
    assert found.needed


def test_readers_outside_the_bus_that_are_beyond_the_end_are_told_to_go_back() -> None:
    ahead, behind = Reader("boards", LOG, 12), Reader("archive", LOG, 10)
    found = plan_repair(LOG.topic, [], [], cut_at(0, 10), [ahead, behind])
    assert found.readers == ((ahead, 10),)
    assert not found.needed, "the bus has nothing to do for them"


def test_a_share_group_goes_back_to_where_it_is_done_with_all() -> None:
    ahead, taking = Reader("queue", LOG, 12, shares=True), Reader("board", LOG, 7, shares=True)
    # Nothing is lost in this partition that they can have taken, but for what one has done beyond the end.
    assert plan_repair(LOG.topic, [], [], cut_at(0, 10), [ahead, taking]).readers == ((ahead, 10),)
    found = plan_repair(LOG.topic, [lost(LOG, "a")], [], cut_at(0, 10), [ahead, taking])
    assert found.readers == ((ahead, 10), (taking, 7))
    # Nothing that the outbox has is missing, but our own reader has read beyond the end.
    read = ComparedPosition("requests", INTAKE, 15, True)
    queue = Reader("queue", INTAKE, 3, shares=True)
    assert plan_repair(INTAKE.topic, [], [read], cut_at(0, 10), [queue]).readers == ((queue, 3),)
    elsewhere = Reader("queue", Place(LOG.topic, LOG.partition + 1), 7, shares=True)
    cut = replace(cut_at(0, 10), ends={elsewhere.place: 10, LOG: 10})
    assert plan_repair(LOG.topic, [lost(LOG, "a")], [], cut, [elsewhere]).readers == ()


def test_what_cannot_be_brought_back_is_counted() -> None:
    gone = Finding(DifferenceKind.EVENT_MISSING, topic=LOG.topic, subject="r", sequence=3)
    untold = Finding(DifferenceKind.ANNOUNCEMENT_MISSING, topic=LOG.topic, transaction_id="t")
    found = plan(LOG, [gone, gone, untold])
    assert found.lost_events == 3
    assert not found.needed
    # Five records were read beyond the end; the outbox has one of them.
    positions = (ComparedPosition("requests", INTAKE, 15, True), ComparedPosition("registry", INTAKE, 14, True))
    assert plan(INTAKE, [lost(INTAKE, "a")], *positions).lost_claims == 4
