"""Every sentence of a rule of the registry has Persian words, and every row is a sentence that some rule says."""

import re
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path

import pytest

from connectors.words import details
from connectors.words.details import detail_words
from connectors.words.language import Language
from connectors.words.registry_details import REGISTRY_DETAILS
from consumers.parking import Room
from schemas.agreements import AgreementState
from schemas.offices import LicenceState
from schemas.tariff import Party
from tests.kit.values.spoken import PLACE, spoken

REGISTRY = Path(__file__).parents[4] / "consumers" / "registry"
#: What a place in a sentence is filled with.
FILLED = "x1"
#: Where a place is one of few words, each has a row of its own.
FEW: Mapping[str, tuple[int, Iterable[str]]] = {
    "version {…} of {…} is {…}; only a signed one can be confirmed": (2, AgreementState),
    "version {…} of {…} is {…}, no proposal; pause it, or withdraw its services": (2, AgreementState),
    "agreement {…} was never active; it cannot become {…}": (1, AgreementState),
    "the licence of {…} is {…} already": (1, LicenceState),
    "tariff line {…}, part {…}: {…}": (1, Party),
    "these services of {…} are {…} already": (1, ("paused", "not paused")),
    "the agreement's notice for {…} ends on {…}; withdraw from then, or pause it at once": (1, ("2026-12-01",)),
    "service {…} does not begin with {…}.; {…}": (
        2,
        ("use a code under x1., or let the directorate grant it in an agreement (granted_services)",),
    ),
    "service {…} begins with {…}., another agency's code; {…}": (
        2,
        ("use a code under x1., or let the directorate grant it in an agreement (granted_services)",),
    ),
}
#: Said as a part of another sentence alone, or no words of people at all; what it waits for is told with each lack.
PARTS = {
    "{…}, and {…}",
    "use a code under {…}., or let the directorate grant it in an agreement (granted_services)",
    "not paused",
    "agency {…}",
}


MODULES = (*sorted((REGISTRY / "domain").rglob("*.py")), REGISTRY / "handlers.py")
FOUND = sorted({said for module in MODULES for said in spoken(module)} - PARTS)


def ways(sentence: str) -> list[str]:
    """Return the sentence with its places filled, once for each of the few words that a place may have."""
    parts = sentence.split(PLACE)
    fillings: list[tuple[str, ...]] = [(FILLED,)] * (len(parts) - 1)
    if sentence in FEW:
        place, words = FEW[sentence]
        fillings[place] = tuple(str(word) for word in words)
    return [
        "".join(text + filling for text, filling in zip(parts, (*filled, ""), strict=True))
        for filled in product(*fillings)
    ]


def english_words(said: str) -> list[str]:
    """Return the words of English prose in it: what is neither a field, a code nor the type of an event."""
    return [word for word in re.findall(r"[^\s؛،«»]+", said) if re.fullmatch(r"[a-z]+[,;:]?", word)]


def test_the_rules_have_such_sentences() -> None:
    assert len(FOUND) > 40


@pytest.mark.parametrize("said", [way for sentence in FOUND for way in ways(sentence)])
def test_every_sentence_of_the_registry_has_persian_words(said: str) -> None:
    persian = detail_words(said, Language.FA)
    assert any("\u0600" <= letter <= "\u06ff" for letter in persian)
    assert "{" not in persian
    assert persian.count(FILLED) <= said.count(FILLED)
    allowed = {"services:", "territory:", "cities:", "numerator", "denominator", "split"}
    assert set(english_words(persian)) <= allowed
    assert detail_words(said, Language.EN) == said


def test_every_row_is_a_sentence_of_some_rule() -> None:
    rows, shared = (filled(table) for table in (REGISTRY_DETAILS, details._PERSIAN))
    spoken = {way.replace("2026-12-01", FILLED) for sentence in FOUND for way in ways(sentence)}
    assert rows == spoken - shared
    assert not rows & shared


def filled(rows: Iterable[str]) -> set[str]:
    """Return the rows with their places filled."""
    return {re.sub(r"\{\d\}", FILLED, english) for english in rows}


def test_a_problem_is_told_with_where_it_stands() -> None:
    told = (
        "service gas.copy, tariff line copy, rule.floor_rial: 5 rial is above cap_rial, 3; "
        "lower the floor or raise the cap"
    )
    persian = (
        "خدمت gas.copy، سطر copy تعرفه، rule.floor_rial: 5 ریال از cap_rial، که 3 است، بیشتر است؛ "
        "کف را پایین یا سقف را بالا ببرید"
    )
    assert detail_words(told, Language.FA) == persian
    part = "service gas.copy, tariff line copy, part bank: name the bank in party_code"
    assert detail_words(part, Language.FA) == "خدمت gas.copy، سطر copy تعرفه، سهم بانک: بانک را در party_code بنویسید"


def test_a_day_has_the_calendar_of_the_language() -> None:
    told = "the agreement's notice for gas.copy ends on 2026-11-25; withdraw from then, or pause it at once"
    assert "۱۴۰۵/۰۹/۰۴" in detail_words(told, Language.FA)
    assert detail_words(told, Language.EN) == told


def test_the_code_of_an_agency_stays_although_it_is_a_word() -> None:
    assert detail_words("agreement bank is with active, not signed", Language.FA) == (
        "تفاهم‌نامه bank با active است، نه با signed"
    )


@pytest.mark.parametrize("room", [Room(-1, 0), Room(0, -1)])
def test_what_may_not_even_wait_says_why(room: Room) -> None:
    assert room.lack is not None
    told = f"office urban-001 is not known; license it first, and {room.lack}"
    persian = detail_words(told, Language.FA)
    assert persian.startswith("دفتر urban-001 شناخته نیست؛ نخست به آن پروانه دهید، و ")
    assert not english_words(persian)
