"""What people are told of a comparison, in both languages."""

from collections import Counter

import pytest

from connectors.words.language import Language
from connectors.words.reconciliation import KINDS, OUTCOMES, kind_lines, line_of, summary_lines, verdict
from consumers.reconciliation.comparison import Summary
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome

UNDER_WAY = "2 events not published yet, 5 records not read yet by settlement, 3 records younger than this comparison"
FINDING = Finding(
    DifferenceKind.RECORD_SKIPPED,
    "settlement",
    "pishkhan.log.requests",
    3,
    12_345,
    "0197a1b2-0000-7000-8000-000000000001",
    4,
    event_id="the-event",
)


def test_every_kind_and_outcome_has_words() -> None:
    assert set(KINDS) == set(DifferenceKind)
    assert set(OUTCOMES) == set(ClaimOutcome)


@pytest.mark.parametrize("language", Language)
def test_ids_are_the_same_in_both_languages(language: Language) -> None:
    line = line_of(FINDING, language)
    for part in (
        "settlement",
        "pishkhan.log.requests/3 @12345",
        "0197a1b2-0000-7000-8000-000000000001 #4",
        "the-event",
    ):
        assert part in line


def test_what_is_not_shown_is_counted() -> None:
    lines = list(kind_lines(DifferenceKind.RECORD_SKIPPED, [FINDING], 3, Language.EN))
    assert lines[0].startswith("record_skipped (3): its consumer is past it")
    assert lines[2].strip() == "… and 2 more; --ndjson lists all"
    assert "`pishkhan repair topic TOPIC`" in lines[3]


def test_what_is_under_way_is_told_beside() -> None:
    summary = Summary(records=1_200, younger=3)
    summary.compared.update({"claims": 7, "figures' facts": 2})
    summary.claims = Counter({ClaimOutcome.APPLIED: 6, ClaimOutcome.WAITING: 1})
    summary.unread.update({"settlement": 5, "kpi": 0})
    summary.unpublished.update({"a": 1, "b": 1})
    summary.cash_rial.update({"requests": 30_000, "log": 30_000, "ledger": 0})
    assert list(summary_lines(summary, Language.EN)) == [
        "1,200 records read and compared: 7 claims",
        "Claims: 6 applied, 1 waiting",
        "Collected cash, rial: requests 30,000, their log 30,000, ledger 0",
        f"Under way, no difference: {UNDER_WAY}",
    ]
    assert "۱٬۲۰۰ رکورد" in next(summary_lines(summary, Language.FA))


def test_the_last_line_is_the_verdict() -> None:
    assert verdict(0, 0, Language.EN) == "Nothing is in one and not in the other."
    assert verdict(2, 1, Language.EN) == "2 differences, 1 harmless."
    assert verdict(2, 0, Language.FA) == "۲ ناهمخوانی، ۰ بی‌زیان."
