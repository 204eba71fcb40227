"""What is a difference and what is under way, one id at a time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consumers.reconciliation.domain import judge
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.views import (
    ComparedPosition,
    ComparedTransfer,
    ComparisonCut,
    LedgerPage,
    Marker,
    OfficeLoad,
    Publication,
    Removed,
    Revision,
    Subject,
    SubjectEvent,
    Taught,
    Transaction,
)
from schemas.log_requests import (
    OfficePaymentAccepted,
    RequestClosed,
    RequestRouted,
)
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES, KPI_MEASURED, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LOG, OFFICES = Place(LOG_REQUESTS.name, 3), Place(INTAKE_OFFICES.name, 0)
PLACES = (LOG, OFFICES, Place(LOG_REGISTRY.name, 0), Place(LOG_SETTLEMENT.name, 3), Place(KPI_MEASURED.name, 0))
#: Logs held 0 to 10 before the moment of the database, and 0 to 12 after; every consumer had read up to 8.
CUT = ComparisonCut(
    begins=dict.fromkeys(PLACES, 0),
    before=dict.fromkeys(PLACES, 10),
    ends=dict.fromkeys(PLACES, 12),
    positions={
        ("settlement", LOG): 8,
        ("requests", OFFICES): 8,
        ("kpi", LOG): 8,
    },
    windows={3: 2},
    outbox_complete_since=None,
)
READ, UNREAD, YOUNGER = 7, 8, 10
#: Another partition of the requests' log.
ELSEWHERE = 4
#: Its events lie in the log's partition above.
REQUEST = "0197a1b2-0000-7000-8000-000000000005"


def kinds(findings: Iterable[Finding]) -> list[DifferenceKind]:
    return [finding.kind for finding in findings]


def publication(**changes: object) -> Publication:
    whole = Publication(LOG.topic, "/bus", "e", LOG.partition, READ, 1, NOON, 1, True, False)
    return whole._replace(**changes)  # type: ignore[arg-type]  # each test changes what it is about


IN_NO_LOG = {"last": None, "copies": 0, "appended_at": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"published": False}, []),
        (IN_NO_LOG, [DifferenceKind.NOT_IN_LOG]),
        ({**IN_NO_LOG, "published": False}, []),
        ({"rows": 0, "published": False}, [DifferenceKind.NOT_IN_OUTBOX]),
        ({"rows": 0, "published": False, "last": YOUNGER}, []),
        ({"copies": 2, "last": UNREAD}, [DifferenceKind.PUBLISHED_TWICE]),
        ({"copies": 2, "last": UNREAD, "differs": True}, [DifferenceKind.BODY_DIFFERS, DifferenceKind.PUBLISHED_TWICE]),
        ({"differs": True}, [DifferenceKind.BODY_DIFFERS]),
        # Outsiders write intake without the outbox, and may say a thing twice.
        ({"topic": OFFICES.topic, "rows": 0, "published": False}, []),
        ({"topic": OFFICES.topic, "copies": 2}, []),
        ({"topic": OFFICES.topic, **IN_NO_LOG}, [DifferenceKind.NOT_IN_LOG]),
    ],
)
def test_what_is_published_is_in_the_topic_and_in_the_outbox(
    changes: dict[str, object], expected: list[DifferenceKind]
) -> None:
    assert sorted(kinds(judge.judge_publication(publication(**changes), CUT))) == expected


@pytest.mark.parametrize(("hours", "expected"), [(-1, [DifferenceKind.NOT_IN_OUTBOX]), (0, []), (1, [])])
def test_what_the_outbox_has_let_go_is_not_missed(hours: int, expected: list[DifferenceKind]) -> None:
    horizon = NOON + timedelta(hours=hours)
    cut = ComparisonCut(CUT.begins, CUT.before, CUT.ends, CUT.positions, CUT.windows, horizon)
    gone = publication(rows=0, published=False)
    assert kinds(judge.judge_publication(gone, cut)) == expected


ROUTED = RequestRouted.type_name()


def events(*places: tuple[int, int | None], cash_rial: int = 0) -> list[SubjectEvent]:
    return [
        SubjectEvent(sequence, f"e{sequence}", LOG.partition, position, cash_rial, ROUTED)
        for sequence, position in places
    ]


def subject(**changes: object) -> Subject:
    given = {
        "subject": REQUEST,
        "version": 3,
        "states": frozenset({"routed"}),
        "cash_rial": 0,
        "settled": 2,
        "waiting": frozenset[int](),
        # The third is not read yet by settlement.
        "events": events((1, 5), (2, 6), (3, 9)),
    }
    return Subject(**{**given, **changes})  # type: ignore[arg-type]  # each test changes what it is about


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"events": events((1, 5), (2, 6), (3, None))}, []),
        ({"events": events((1, 5), (2, 6))}, [DifferenceKind.EVENT_MISSING]),
        ({"events": events((1, 5), (2, 6), (3, 9), (4, 11))}, []),
        ({"version": 2}, [DifferenceKind.LOG_AHEAD]),
        ({"version": None, "states": frozenset[str]()}, [DifferenceKind.LOG_AHEAD] * 3),
        ({"settled": 1}, [DifferenceKind.RECORD_SKIPPED]),
        ({"settled": 1, "waiting": frozenset({2})}, []),
        ({"settled": 3}, [DifferenceKind.POSITION_MOVED_BACK]),
        ({"settled": 4}, [DifferenceKind.POSITION_MOVED_BACK, DifferenceKind.SETTLED_BEYOND_LOG]),
        (
            {"events": [*events((1, 5), (2, 6)), SubjectEvent(2, "other", 3, 7, 0, ROUTED), *events((3, 9))]},
            [DifferenceKind.ORDER_DOUBLED],
        ),
        # What lies in another partition is not the bus's, however low its position is there.
        (
            {"events": [SubjectEvent(1, "other", ELSEWHERE, 0, 5, ROUTED), *events((1, 5), (2, 6), (3, 9))]},
            [DifferenceKind.ORDER_DOUBLED],
        ),
        ({"events": [SubjectEvent(1, "e1", ELSEWHERE, 11, 0, ROUTED), *events((1, 5), (2, 6), (3, 9))]}, []),
        ({"cash_rial": 5}, [DifferenceKind.CASH_DIFFERS]),
        ({"cash_rial": 15, "events": events((1, 5), (2, 6), (3, None), cash_rial=5)}, []),
        # Cash that was collected after the moment of the database is not the database's yet.
        ({"cash_rial": 15, "events": events((1, 5), (2, 6), (3, 9), (4, 11), cash_rial=5)}, []),
        # A repetition is nothing of its own.
        ({"events": events((1, 5), (1, 7), (2, 6), (3, 9))}, []),
        ({"version": None, "states": frozenset[str](), "settled": 0, "events": ()}, []),
        # A row may exist because of claims that wait; then it says that nothing has opened it.
        ({"version": 0, "states": frozenset({"awaited"}), "settled": 0, "events": ()}, []),
        ({"version": 0, "states": frozenset({"parked"}), "settled": 0, "events": ()}, []),
        ({"version": 0, "states": frozenset({"routed"}), "settled": 0, "events": ()}, [DifferenceKind.STATE_DIFFERS]),
        ({"states": frozenset({"completed"})}, [DifferenceKind.STATE_DIFFERS]),
        ({"states": frozenset({"completed", "routed"})}, [DifferenceKind.STATE_DIFFERS]),
        # Where an event is missing, nobody can say where it led to.
        (
            {"states": frozenset({"completed"}), "events": events((1, 5), (3, 6)), "settled": 3},
            [DifferenceKind.EVENT_MISSING],
        ),
    ],
)
def test_a_request_has_an_event_for_every_number(changes: dict[str, object], expected: list[DifferenceKind]) -> None:
    assert sorted(kinds(judge.judge_subject(subject(**changes), CUT))) == sorted(expected)


@pytest.mark.parametrize(
    ("settled", "in_ledger", "expected"),
    [
        (0, (), [DifferenceKind.RECORD_SKIPPED] * 3),
        # What the ledger has was entered, and so was all before it, whether it books anything or not.
        (0, (2,), [DifferenceKind.PROGRESS_LOST] * 2 + [DifferenceKind.RECORD_SKIPPED]),
        (1, (1, 3), [DifferenceKind.PROGRESS_LOST] * 2),
        (3, (1, 3), []),
    ],
)
def test_progress_that_was_lost_is_no_record_that_was_skipped(
    settled: int, in_ledger: tuple[int, ...], expected: list[DifferenceKind]
) -> None:
    some = [one._replace(in_ledger=one.sequence in in_ledger) for one in events((1, 5), (2, 6), (3, READ))]
    found = list(judge.judge_subject(subject(events=some, settled=settled), CUT))
    assert kinds(found) == expected
    assert {(one.consumer, one.partition) for one in found} <= {("settlement", LOG.partition)}


@pytest.mark.parametrize("hours", [-1, 0])
@pytest.mark.parametrize("queued", [True, False])
@pytest.mark.parametrize("version", [None, 2])
def test_a_row_that_is_gone_is_no_log_that_is_ahead(version: int | None, queued: bool, hours: int) -> None:
    """What the outbox has, and what was published before the oldest that it has, this very database has decided."""
    cut = replace(CUT, outbox_complete_since=NOON + timedelta(hours=hours))
    some = [one._replace(queued=queued, appended_at=NOON) for one in events((1, 5), (2, 6), (3, 9))]
    states = frozenset[str]() if version is None else frozenset({"routed"})
    found = list(judge.judge_subject(subject(events=some, version=version, states=states), cut))
    if queued or hours == 0:
        assert found == [Finding(DifferenceKind.ROW_MISSING, subject=REQUEST, expected=3, found=version)]
    else:
        assert kinds(found) == [DifferenceKind.LOG_AHEAD] * (3 - (version or 0))


def test_of_two_rows_that_are_gone_what_was_never_decided_is_told_apart() -> None:
    some = [one._replace(queued=one.sequence < 3) for one in events((1, 5), (2, 6), (3, 9))]
    found = list(judge.judge_subject(subject(events=some, version=None, states=frozenset[str]()), CUT))
    assert kinds(found) == [DifferenceKind.LOG_AHEAD, DifferenceKind.ROW_MISSING]
    assert [one.sequence or one.expected for one in found] == [3, 2]


def test_an_act_has_one_event_and_no_row() -> None:
    act = SubjectEvent(1, REQUEST, LOG.partition, READ, 0, OfficePaymentAccepted.type_name())
    given = {"version": None, "states": frozenset[str](), "events": [act]}
    assert not list(judge.judge_subject(subject(**given, settled=1), CUT))
    assert kinds(judge.judge_subject(subject(**given, settled=0), CUT)) == [DifferenceKind.RECORD_SKIPPED]


def test_a_request_that_was_closed_is_what_it_was_closed_for() -> None:
    closed = SubjectEvent(2, "e2", LOG.partition, 6, 0, RequestClosed.type_name(), "expired")
    given = {"version": 2, "events": [*events((1, 5)), closed]}
    assert not list(judge.judge_subject(subject(**given, states=frozenset({"expired"})), CUT))
    [finding] = judge.judge_subject(subject(**given, states=frozenset({"cancelled"})), CUT)
    assert (finding.kind, finding.expected_state, finding.found_state) == (
        DifferenceKind.STATE_DIFFERS,
        "expired",
        "cancelled",
    )


@pytest.mark.parametrize(
    ("in_flight", "requests", "expected"),
    [
        (0, 0, []),
        (2, 2, []),
        (2, 1, [Finding(DifferenceKind.LOAD_DIFFERS, subject="office-1", expected=1, found=2)]),
        (0, 1, [Finding(DifferenceKind.LOAD_DIFFERS, subject="office-1", expected=1, found=0)]),
        (None, 0, [Finding(DifferenceKind.ROW_MISSING, subject="office-1")]),
        (None, 3, [Finding(DifferenceKind.ROW_MISSING, subject="office-1")]),
    ],
)
def test_an_office_carries_what_is_under_way_there(
    in_flight: int | None, requests: int, expected: list[Finding]
) -> None:
    assert list(judge.judge_load(OfficeLoad("office-1", in_flight, requests), CUT)) == expected


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (LedgerPage(3, 0, 1, 0, 0), None),
        (LedgerPage(3, 7, 3, 7, 2), None),
        (LedgerPage(3, 0, 1, 7, 0), (7, 0, None)),
        (LedgerPage(3, 8, 3, 7, 2), (7, 8, None)),
        (LedgerPage(3, 7, 1, 7, 2), (3, 1, "window-3")),
    ],
)
def test_what_is_kept_beside_the_rows_goes_on_where_they_end(
    page: LedgerPage, said: tuple[int, int, str | None] | None
) -> None:
    found = [(one.expected, one.found, one.subject) for one in judge.judge_page(page, CUT)]
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("window", "position", "excused", "expected"),
    [
        (1, READ, False, []),
        (2, READ, False, [DifferenceKind.RECORD_SKIPPED]),
        (2, READ, True, []),
        (2, UNREAD, False, []),
        (1, UNREAD, False, [DifferenceKind.POSITION_MOVED_BACK]),
    ],
)
def test_a_marker_that_was_passed_has_ended_its_window(
    window: int, position: int, excused: bool, expected: list[DifferenceKind]
) -> None:
    assert kinds(judge.judge_marker(Marker(window, "e", LOG.partition, position, excused), CUT)) == expected


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (Revision(1, True, "e", 0, False, True), []),
        (Revision(1, True, None, None, True, True), []),
        (Revision(1, True, None, None, False, True), [DifferenceKind.EVENT_MISSING]),
        (Revision(1, True, None, None, False, False), [DifferenceKind.EVENT_MISSING]),
        (Revision(1, False, "e", 0, False, False), [DifferenceKind.LOG_AHEAD]),
        (Revision(1, False, "e", YOUNGER, False, False), []),
        # What the registry has counted, it decided: its row is gone.
        (Revision(1, False, "e", 0, False, True), [DifferenceKind.ROW_MISSING]),
        (Revision(1, False, None, None, True, True), [DifferenceKind.ROW_MISSING]),
        (Revision(1, False, None, None, False, True), [DifferenceKind.EVENT_MISSING, DifferenceKind.ROW_MISSING]),
    ],
)
def test_every_revision_has_its_event(view: Revision, expected: list[DifferenceKind]) -> None:
    assert kinds(judge.judge_revision(view, CUT)) == expected


HOLD, POST = ComparedTransfer("hold", "citizens", "suspense", 5), ComparedTransfer("post", "suspense", "bank:melli", 5)


def transaction(**changes: object) -> Transaction:
    given = {
        "transaction_id": "t",
        "event_id": "e",
        "subject": REQUEST,
        "partition": LOG.partition,
        "position": READ,
        "queued": False,
        "entered": True,
        "expected": [HOLD, POST],
        "ledger": [POST, HOLD],
        "told": True,
        "told_at": (3, 5),
    }
    return Transaction(**{**given, **changes})  # type: ignore[arg-type]  # each test changes what it is about


IN_NO_RECORD: dict[str, object] = {"partition": None, "position": None, "expected": [], "entered": False}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"ledger": []}, [DifferenceKind.LEDGER_MISSING]),
        ({"ledger": [HOLD]}, [DifferenceKind.LEDGER_DIFFERS]),
        ({"ledger": [HOLD, POST, POST]}, [DifferenceKind.LEDGER_DIFFERS]),
        ({"ledger": [], "entered": False, "told": False, "told_at": None}, []),
        (IN_NO_RECORD, [DifferenceKind.LEDGER_EXTRA]),
        ({**IN_NO_RECORD, "queued": True}, []),
        ({"told": False, "told_at": None}, [DifferenceKind.ANNOUNCEMENT_MISSING]),
        ({"told_at": None}, []),
        ({**IN_NO_RECORD, "ledger": []}, [DifferenceKind.ANNOUNCEMENT_EXTRA]),
        ({**IN_NO_RECORD, "ledger": [], "told_at": (3, YOUNGER)}, []),
        ({"entered": False, "ledger": []}, [DifferenceKind.ANNOUNCEMENT_EXTRA]),
    ],
)
def test_the_ledger_holds_what_the_log_makes_it(changes: dict[str, object], expected: list[DifferenceKind]) -> None:
    assert kinds(judge.judge_transaction(transaction(**changes), CUT)) == expected


def test_a_closed_window_is_told_of() -> None:
    assert not list(judge.judge_window(1, told=True))
    assert kinds(judge.judge_window(1, told=False)) == [DifferenceKind.ANNOUNCEMENT_MISSING]


@pytest.mark.parametrize(
    ("position", "same_topic", "expected"),
    [
        (0, True, []),
        (12, True, []),
        (13, True, [DifferenceKind.POSITION_OUTSIDE_LOG]),
        (5, False, [DifferenceKind.POSITION_OF_ANOTHER_TOPIC]),
    ],
)
def test_a_position_lies_in_its_log(position: int, same_topic: bool, expected: list[DifferenceKind]) -> None:
    assert kinds(judge.judge_position(ComparedPosition("settlement", LOG, position, same_topic), CUT)) == expected


def test_a_log_that_lost_its_beginning_is_named_and_leaves_positions_outside() -> None:
    cut = ComparisonCut({LOG: 4, OFFICES: 4}, CUT.before, CUT.ends, CUT.positions, CUT.windows, None)
    assert kinds(judge.judge_log(LOG, cut)) == [DifferenceKind.LOG_BEGINS_LATE]
    # Intake is kept for a month only.
    assert not list(judge.judge_log(OFFICES, cut))
    assert kinds(judge.judge_position(ComparedPosition("settlement", LOG, 3, True), cut)) == [
        DifferenceKind.POSITION_OUTSIDE_LOG
    ]


@pytest.mark.parametrize(
    ("position", "shown", "excused", "expected"),
    [
        (READ, False, False, [DifferenceKind.RECORD_SKIPPED]),
        (READ, False, True, []),
        (UNREAD, False, False, []),
        (UNREAD, True, False, [DifferenceKind.POSITION_MOVED_BACK]),
        (READ, True, False, []),
    ],
)
def test_figures_have_learnt_what_they_passed_and_nothing_else(
    position: int, shown: bool, excused: bool, expected: list[DifferenceKind]
) -> None:
    assert kinds(judge.judge_taught(Taught(*LOG, position, "e", REQUEST, shown, excused), CUT)) == expected


def test_a_row_that_somebody_deleted_is_named() -> None:
    [finding] = judge.judge_removed(Removed(LOG.topic, 3, "/bus", "e", REQUEST, 4), CUT)
    assert (finding.kind, finding.topic, finding.event_id) == (DifferenceKind.ROW_REMOVED, LOG.topic, "e")


def test_a_finding_tells_machines_what_it_has() -> None:
    told = Finding(DifferenceKind.CASH_DIFFERS, subject=REQUEST, expected=0, found=5).as_json()
    assert told == {"kind": "cash_differs", "subject": REQUEST, "expected": 0, "found": 5, "harmless": False}
