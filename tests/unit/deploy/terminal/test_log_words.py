"""What becomes of a log is told in both languages, every reason with its words."""

import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from connectors.words.language import Language
from deploy.edge import Grid
from deploy.operations.replay.mapping import Dropped
from deploy.operations.replay.reading import Replay
from deploy.terminal.log_words import LINES_SHOWN, account_lines, dropped_table, mapped_table, timing
from tests.unit.deploy.replay.test_mapping import case, mapping


def replay(**changes: Any) -> Replay:
    """Return a log of one case, with a row dropped for every reason."""
    dropped = Counter({(reason, ""): 1_000 for reason in Dropped})
    dropped[Dropped.LEFT_OUT, "Opinion"] = 3
    dropped.update({(Dropped.UNKNOWN_PLACE, f"place {number}"): 1 for number in range(LINES_SHOWN + 2)})
    return Replay(mapping(**changes), [case()], dropped, 8_000)


def drawn(table: Grid) -> str:
    """Return a table as text."""
    page = io.StringIO()
    Console(file=page, width=100).print(table)
    return page.getvalue()


def test_the_account_is_told_in_both_languages() -> None:
    log = replay(day={"source": ("07:00", "20:00"), "target": ("07:30", "13:45")})
    english, persian = ("\n".join(account_lines(log, language)) for language in (Language.EN, Language.FA))
    assert "8,000 rows read: 1 become requests, " in english
    assert "Saturday → Thursday, Sunday → Friday" in english
    assert "07:00–20:00 of the log's day is played as 07:30–13:45." in english
    assert "۸٬۰۰۰ سطر خوانده شد" in persian
    assert "شنبه ← پنجشنبه" in persian


def test_what_is_made_up_is_said() -> None:
    columns = {"opened": "open", "category": "type"}
    lines = list(account_lines(replay(columns=columns, places={}, place="bojnord"), Language.EN))
    assert "The log has no ids: each row's is made of what it says." in lines
    assert "The log has no places: every request is for bojnord." in lines


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.EN, ("broken row", "1,000", "Opinion: not a request", "2 more", "no readable id or time")),
        (Language.FA, ("سطر ناقص", "۱٬۰۰۰", "۲ مورد دیگر")),
    ],
)
def test_every_reason_is_told(language: Language, words: tuple[str, ...]) -> None:
    text = drawn(dropped_table(replay(), language))
    assert all(word in text for word in words), text
    assert "power.lamp" in drawn(mapped_table(replay(), language))


def test_the_pace_is_told() -> None:
    times = [datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 24, 6, tzinfo=UTC)]
    assert "at the log's own pace" in timing(times, 1, Language.EN)
    assert "2.5 times as fast" in timing(times, 2.5, Language.EN)
    assert "۱۴۰۵/۰۹/۰۲" in timing(times, 1, Language.FA)
