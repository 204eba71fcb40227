"""Every reason for a dead letter is told in both languages."""

from connectors.words.dead_letters import REASONS, reason_words
from connectors.words.language import Language
from consumers.runner.outcomes import DeadLetterReason


def test_every_reason_has_words_of_its_own_in_both_languages() -> None:
    assert REASONS.keys() == set(DeadLetterReason)
    for language in Language:
        assert len({phrase.of(language) for phrase in REASONS.values()}) == len(REASONS)


def test_a_reason_is_told_as_it_is_kept_and_one_of_a_newer_release_by_its_name() -> None:
    assert reason_words("misaddressed") == REASONS[DeadLetterReason.MISADDRESSED]
    assert reason_words("of_tomorrow").of(Language.FA) == "of_tomorrow"
