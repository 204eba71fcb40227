"""What a reading again came to is told in both languages."""

from datetime import UTC, datetime

import pytest

from connectors.words.language import Language
from connectors.words.rereading import came_to, cells, headings, time_words
from consumers.runner.outcomes import Outcome
from consumers.runner.rereading import Reread, RereadRequest, Tally

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def reread(*, new: int = 0, before: int = 0, to_come: int = 0) -> Reread:
    tally = Tally()
    tally.count(Outcome.HANDLED, new)
    tally.count(Outcome.DUPLICATE, before)
    tally.committed(new + before + 1, 0.0)
    return Reread("requests", tally, to_come)


@pytest.mark.parametrize(
    ("result", "dry_run", "said"),
    [
        (reread(new=3), False, "3 events were taken in that were not before."),
        (reread(new=3), True, "3 events would be taken in that were not before."),
        (reread(before=3), False, "Nothing has changed."),
        (reread(before=3), True, "Nothing would change."),
    ],
)
def test_what_has_changed_or_would_is_told(result: Reread, dry_run: bool, said: str) -> None:
    lines = list(came_to([result], Language.EN, dry_run=dry_run))
    assert lines[0] == said
    assert len(lines) == 1 + dry_run
    assert len(list(came_to([result], Language.FA, dry_run=dry_run))) == 1 + dry_run


def test_what_was_left_to_the_workers_is_told() -> None:
    assert list(came_to([reread(to_come=1)], Language.EN, dry_run=False))[-1].startswith("What is to come was left")


def test_of_which_time_the_records_are_is_told() -> None:
    assert time_words(RereadRequest(NOON), Language.EN) == "What the broker got from 2026-11-25 12:00:00 UTC until now:"
    assert "۱۴۰۵/۰۹/۰۴" in time_words(RereadRequest(NOON, NOON), Language.FA)


@pytest.mark.parametrize("language", Language)
def test_every_consumer_has_a_row(language: Language) -> None:
    assert len(headings(language)) == len(cells(reread(), language)) == 9
