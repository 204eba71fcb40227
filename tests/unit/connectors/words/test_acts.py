"""Every act has its words, in one line of each language."""

import pytest

from connectors.words.acts import _PURPOSES, SPEAKERS, purpose
from producers.acts import ACTS, Act
from schemas.speakers import SpeakerKind


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.speaker}-{act.name}")
def test_every_act_says_what_it_is_for(act: Act) -> None:
    words = purpose(act)
    assert words.en[0].isupper()
    for text in words:
        assert "\n" not in text
        assert "|" not in text
        assert not text.endswith(".")


def test_no_words_are_left_over() -> None:
    assert set(_PURPOSES) == {act.name for act in ACTS}
    assert set(SPEAKERS) == set(SpeakerKind)
