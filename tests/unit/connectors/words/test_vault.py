"""The vault in words: every member of a closed enumeration has its phrase."""

from enum import Enum

import pytest

from connectors.words import vault
from connectors.words.language import Phrase
from producers.vault.numbers import NumberKind, NumberProblem
from producers.vault.reveal import RevealRefusal


@pytest.mark.parametrize(
    ("phrases", "members"),
    [(vault.KINDS, NumberKind), (vault.NUMBERS, NumberProblem), (vault.REFUSALS, RevealRefusal)],
)
def test_every_member_has_its_phrase(phrases: dict[Enum, Phrase], members: type[Enum]) -> None:
    assert {*phrases} == {*members}
    assert all(phrase.fa and phrase.en for phrase in phrases.values())
