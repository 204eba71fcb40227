"""What the logs lack is named, and what rests on it is neither the same nor different."""

import pytest

from connectors.words.explanation import explanation_lines, verification_lines
from connectors.words.language import Language
from consumers.requests.domain.review.explain import explain
from consumers.requests.domain.review.gaps import Gap, first_missing, gaps_in
from consumers.requests.domain.review.verify import Verification, VerificationResult, decisions_of, verdict
from schemas.decode import Received
from schemas.log_requests import RequestRefused
from tests.kit.values.journal import Journal, decline, ident, journal, office_of, submission

#: Opened, routed, declined, routed, declined, routed.
WHOLE = 6


def thrice_routed() -> Journal:
    bus = journal()
    bus.batch(submission(1))
    for _ in range(2):
        bus.batch(decline(1, office_of(bus, 1)))
    return bus


def without(*lost: int) -> list[Received]:
    """The events of a request that was given back twice, without those of these numbers."""
    whole = thrice_routed().history(ident(1))
    assert len(whole) == WHOLE
    return [received for received in whole if received.envelope.sequence not in lost]


@pytest.mark.parametrize(
    ("lost", "gaps"),
    [
        ((), []),
        ((1,), [Gap(1, 1, 1)]),
        ((2,), [Gap(2, 2, 1)]),
        ((3,), [Gap(3, 3, 2)]),
        ((2, 3), [Gap(2, 3, 1)]),
        ((2, 4), [Gap(2, 2, 1), Gap(4, 4, 1)]),
        ((6,), [Gap(6, 6, 3, at_end=True)]),
        ((5, 6), []),
        ((4, 5, 6), [Gap(4, 4, 2, at_end=True)]),
        ((2, 3, 4, 5, 6), [Gap(2, 2, 1, at_end=True)]),
    ],
)
def test_gaps_are_named_by_the_events_that_are_not_there(lost: tuple[int, ...], gaps: list[Gap]) -> None:
    assert gaps_in(without(*lost)) == gaps


def test_a_refusal_is_an_attempt_too() -> None:
    bus = journal()
    bus.batch(submission(20, city="faruj"))
    opened, refused = bus.history(ident(20))
    assert isinstance(refused.event, RequestRefused)
    later = Received(refused.envelope._replace(sequence=4), refused.event)
    assert gaps_in([opened, refused, later]) == [Gap(3, 3, 2)]


def test_decisions_know_their_place_among_the_events() -> None:
    assert [one.sequence for one in decisions_of(without())] == [2, 4, 6]


@pytest.mark.parametrize(
    ("revisions", "missing"), [((), 1), ((1,), 2), ((3, 1, 2), 4), ((1, 2, 4, 5), 3), ((2, 3), 1), ((1, 1, 2), 3)]
)
def test_the_first_missing_revision(revisions: tuple[int, ...], missing: int) -> None:
    assert first_missing(revisions) == missing


@pytest.mark.parametrize(
    ("findings", "in_all"),
    [
        ((), VerificationResult.NOT_RECOMPUTED),
        (("same",), VerificationResult.SAME),
        (("same", "same"), VerificationResult.SAME),
        (("same", "not_recomputed"), VerificationResult.NOT_RECOMPUTED),
        (("same", "different"), VerificationResult.DIFFERENT),
        (("not_recomputed", "different"), VerificationResult.DIFFERENT),
        (("not_recomputed",), VerificationResult.NOT_RECOMPUTED),
    ],
)
def test_in_all_it_is_the_same_only_when_something_was_recomputed_and_all_of_it_is(
    findings: tuple[str, ...], in_all: VerificationResult
) -> None:
    assert verdict([Verification(attempt=1, event="e", finding=VerificationResult(one)) for one in findings]) is in_all


def test_words_say_that_it_is_not_the_whole_story_and_that_nothing_was_recomputed() -> None:
    bus = thrice_routed()
    explanation = explain(without(2, 3, 6), bus.view)
    assert explanation.missing == ((2, 3), (6, 6))
    last = "Events 2-3, 6 of the request are not in the log: this is not the whole story"
    assert explanation_lines(explanation, Language.EN)[-1] == last
    assert explain(without(), bus.view).missing == ()
    assert verification_lines([], Language.EN) == ["Nothing was recomputed: the log holds no decision"]


def test_a_gap_says_what_it_is() -> None:
    assert Gap(2, 2, 1).why() == "event 2 of the request: not in the log, and a decision may have been among them"
    assert Gap(2, 4, 1).why().startswith("events 2 to 4 of the request")
    assert "the relay may be behind" in Gap(4, 4, 2, at_end=True).why()
