"""Whether the machine kept up with a day, and what is said when it did not."""

import re

import pytest

from deploy.demo.pace import BEHIND_SECONDS, late_seconds, slow_words


@pytest.mark.parametrize(
    ("taken", "late"),
    [([], 0.0), ([7.0], 7.0), ([1.0] * 19 + [9_000.0], 1.0), ([1.0] * 18 + [9_000.0] * 2, 9_000.0)],
    ids=["nothing", "one", "one in twenty is forgiven", "two are not"],
)
def test_how_late_the_slowest_were(taken: list[float], late: float) -> None:
    assert late_seconds(taken) == late
    assert late_seconds(taken[::-1]) == late


def test_a_machine_that_keeps_up_is_not_spoken_of() -> None:
    assert slow_words(BEHIND_SECONDS, 60.0, 12) is None


def test_a_slow_one_is_named_as_the_cause_with_a_pace_that_it_can_keep() -> None:
    told = slow_words(4.0 * BEHIND_SECONDS, 60.0, 1_299)
    assert told is not None
    words = told.en
    assert words.startswith("This machine was too slow for a day in 60 s: one request in 20 was taken in 120 minutes")
    assert "1,299 requests are left to a person" in words
    assert re.search(r"--seconds (\d+)$", words) is not None
    assert words.endswith("--seconds 240")
    assert told.fa.endswith("--seconds 240")
    little = slow_words(BEHIND_SECONDS + 1, 60.0, 1)
    assert little is not None
    assert little.en.endswith("--seconds 120")
