"""What waits is a table that fits a terminal of 80 columns, in both languages."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from connectors.words.claims import CLAIMS, claim_name
from connectors.words.language import Language
from connectors.words.outcomes import WAITS_FOR
from consumers.parking import NEVER
from consumers.requests.domain.life.outcome import Awaited
from consumers.requests.inbox import WaitingClaim
from deploy.terminal.waiting import waiting_table
from schemas.intake_office import ServiceDelivered
from tests.kit.values.builders import MOMENT


def claims() -> list[WaitingClaim]:
    """Return one claim for each of those that are waited for; the last one is an operator's."""
    return [
        WaitingClaim(
            UUID(f"019ab3c4-5d6{place}-7f80-9a1b-2c3d4e5f6071"),
            f"019ab3c4-5d6e-7f8{place}-9a1b-2c3d4e5f6071",
            ServiceDelivered.type_name(),
            whose,
            "AgencyAnswered must come first; the agency says it",
            MOMENT,
            NEVER if whose is None else MOMENT + timedelta(minutes=10),
        )
        for place, whose in enumerate(WAITS_FOR)
    ]


@pytest.mark.parametrize("language", Language)
def test_it_fits_80_columns_and_says_for_whom_since_when_and_until_when(language: Language) -> None:
    console = Console(file=StringIO(), width=80)
    console.print(waiting_table(claims(), lambda real: real, "pishkhan office nk-urban-011", language))
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for place, whose in enumerate(WAITS_FOR):
        assert f"019ab3c4-5d6{place}" in text
        assert WAITS_FOR[whose].of(language).split()[-1] in text
    moments = {Language.EN: ("11-23 09:30", "11-23 09:40"), Language.FA: ("۰۹/۰۲ ۰۹:۳۰", "۰۹/۰۲ ۰۹:۴۰")}
    assert [moment for moment in moments[language] if moment not in text] == []


def test_every_party_that_can_be_waited_for_has_words() -> None:
    assert set(WAITS_FOR) == {*Awaited, None}
    assert [claim_name(f"ir.pishkhan.{name}.v1", Language.EN) for name in CLAIMS] == [
        phrase.en for phrase in CLAIMS.values()
    ]
    assert claim_name("ir.pishkhan.Unheard.v1", Language.FA) == "Unheard"
