"""What became of a claim, and what is a difference of it."""

import pytest

from consumers.reconciliation.domain import judge
from consumers.reconciliation.domain.findings import DifferenceKind
from consumers.reconciliation.domain.outcome import ClaimOutcome, outcome_of
from consumers.reconciliation.domain.views import ClaimSeen, ComparisonCut
from schemas.log_requests import ClaimRefused, OfficeCollectedFee, OfficeStarted
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES

OFFICES = Place(INTAKE_OFFICES.name, 0)
#: Everybody has read up to 8 of 12.
CUT = ComparisonCut({OFFICES: 0}, {OFFICES: 10}, {OFFICES: 12}, {("requests", OFFICES): 8}, {}, None)
READ, UNREAD = 7, 8
REQUEST = "0197a1b2-0000-7000-8000-000000000005"


def claim(**changes: object) -> ClaimSeen:
    given = {
        "consumer": "requests",
        "topic": OFFICES.topic,
        "partition": OFFICES.partition,
        "position": READ,
        "source": "/offices/office-1",
        "event_id": "e",
        "type": "t",
        "subject": REQUEST,
        "copy": 1,
        "copies": 1,
        "known": True,
        "conflicting": False,
        "dead": False,
        "let_go": False,
        "waiting": False,
        "given_up": False,
        "told": OfficeStarted.type_name(),
        "submitted": False,
        "cash_rial": None,
        "told_rial": None,
    }
    return ClaimSeen(**{**given, **changes})  # type: ignore[arg-type]  # each test changes what it is about


COLLECTED = OfficeCollectedFee.type_name()


@pytest.mark.parametrize(
    ("changes", "outcome", "expected"),
    [
        ({}, ClaimOutcome.APPLIED, []),
        ({"told": ClaimRefused.type_name()}, ClaimOutcome.REFUSED, []),
        ({"told": None, "waiting": True}, ClaimOutcome.WAITING, []),
        ({"told": None, "given_up": True}, ClaimOutcome.GIVEN_UP, []),
        ({"told": None, "submitted": True}, ClaimOutcome.APPLIED, []),
        ({"told": None}, ClaimOutcome.NONE, [DifferenceKind.CLAIM_WITHOUT_OUTCOME]),
        ({"copy": 2, "copies": 2}, ClaimOutcome.DUPLICATE, [DifferenceKind.PUBLISHED_TWICE]),
        ({"known": False, "told": None}, ClaimOutcome.SKIPPED, [DifferenceKind.RECORD_SKIPPED]),
        ({"known": False, "told": None, "dead": True}, ClaimOutcome.DEAD_LETTERED, []),
        # Its letter was let go: nobody skipped it. That explains nothing of a claim that was taken in.
        ({"known": False, "told": None, "let_go": True}, ClaimOutcome.DEAD_LETTERED, []),
        (
            {"known": False, "conflicting": True, "copy": 2, "copies": 2, "let_go": True},
            ClaimOutcome.DEAD_LETTERED,
            [],
        ),
        ({"told": None, "let_go": True}, ClaimOutcome.NONE, [DifferenceKind.CLAIM_WITHOUT_OUTCOME]),
        ({"known": False, "let_go": True}, ClaimOutcome.APPLIED, [DifferenceKind.IDENTITY_MISSING]),
        # It has its outcome, but its identity is gone, or is kept with a body that nobody sent.
        ({"known": False}, ClaimOutcome.APPLIED, [DifferenceKind.IDENTITY_MISSING]),
        ({"known": False, "told": None, "waiting": True}, ClaimOutcome.WAITING, [DifferenceKind.IDENTITY_MISSING]),
        ({"known": False, "conflicting": True}, ClaimOutcome.APPLIED, [DifferenceKind.IDENTITY_MISSING]),
        ({"known": False, "copy": 2, "copies": 2}, ClaimOutcome.DUPLICATE, [DifferenceKind.PUBLISHED_TWICE]),
        # The same id with another body belongs among the dead letters.
        (
            {"known": False, "conflicting": True, "copy": 2, "copies": 2},
            ClaimOutcome.SKIPPED,
            [DifferenceKind.RECORD_SKIPPED],
        ),
        ({"known": False, "conflicting": True, "copies": 2, "dead": True}, ClaimOutcome.DEAD_LETTERED, []),
        # The one that was applied has others beside it, and no words under which it was kept.
        ({"known": False, "conflicting": True, "copies": 2}, ClaimOutcome.APPLIED, [DifferenceKind.IDENTITY_MISSING]),
        ({"told": None, "copies": 3}, ClaimOutcome.NONE, [DifferenceKind.CLAIM_WITHOUT_OUTCOME]),
        # A dead letter that a later version could read.
        ({"dead": True}, ClaimOutcome.APPLIED, []),
        ({"position": UNREAD, "known": False, "told": None}, ClaimOutcome.UNDER_WAY, []),
        ({"position": UNREAD}, ClaimOutcome.UNDER_WAY, [DifferenceKind.POSITION_MOVED_BACK]),
        ({"position": UNREAD, "copies": 2}, ClaimOutcome.UNDER_WAY, [DifferenceKind.POSITION_MOVED_BACK]),
        ({"position": UNREAD, "copy": 2, "copies": 2}, ClaimOutcome.UNDER_WAY, []),
        ({"told": COLLECTED, "cash_rial": 5, "told_rial": 5}, ClaimOutcome.APPLIED, []),
        ({"told": COLLECTED, "cash_rial": 5, "told_rial": 6}, ClaimOutcome.APPLIED, [DifferenceKind.CASH_DIFFERS]),
    ],
)
def test_every_claim_has_an_outcome(
    changes: dict[str, object], outcome: ClaimOutcome, expected: list[DifferenceKind]
) -> None:
    assert outcome_of(claim(**changes), CUT) is outcome
    assert [one.kind for one in judge.judge_claim(claim(**changes), CUT)] == expected
