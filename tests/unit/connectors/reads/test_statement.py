"""A statement is its holder's: another party's account is not there, whatever is in the books."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import pytest

from connectors.reads.asking import NotThere, Question, Reads
from connectors.reads.operations import statement
from consumers.settlement.domain.windows import AccountMovement
from consumers.settlement.statement import KindMovement
from producers.access.parties import Party, PartyKind, only_party
from tests.kit.values.builders import MOMENT

GAS, DESK = Party(PartyKind.AGENCY, "gas"), Party(PartyKind.OFFICE, "office-1")
WATCHERS = tuple(map(only_party, (PartyKind.DIRECTORATE, PartyKind.WORKING_GROUP, PartyKind.AUDITOR)))
ACCOUNTS = {
    "agency:gas": GAS,
    "agency:gas:gateway": GAS,
    "holds:agency:gas": GAS,
    "office:office-1": DESK,
    "office:office-1:drawer": DESK,
    "agency:water": None,
    "office:office-2": None,
    "directorate": None,
    "treasury:123": None,
    "bank:melli": None,
}


class Books:
    """Books in which every account has moved."""

    statement = property(lambda self: self)

    def movements(self, window: int, account: str) -> Sequence[AccountMovement]:
        return [AccountMovement(account, 100, 30, 50)]

    def by_kind(self, account: str, window: int) -> Sequence[KindMovement]:
        return [KindMovement("post", 30, 50)]

    def closed_at(self, window: int) -> datetime | None:
        return None

    def owed_by(self, office: str) -> int:
        return 7


def look(party: Party, account: str) -> dict[str, Any]:
    asked = Question(party, MOMENT, {"account": account}, {"window": 3})
    return statement(cast(Reads, Books()), asked)


@pytest.mark.parametrize(("account", "holder"), ACCOUNTS.items())
def test_an_account_is_shown_to_its_holder_and_to_who_watches(account: str, holder: Party | None) -> None:
    for party in (GAS, DESK, *WATCHERS):
        if party in (holder, *WATCHERS):
            told = look(party, account)
            assert (told["account"], told["window"], told["closing_rial"]) == (account, 3, 80)
        else:
            with pytest.raises(NotThere):
                look(party, account)


def test_what_is_no_account_is_nobodys() -> None:
    for party in (GAS, DESK, *WATCHERS):
        for text in ("office", "agency:", "office:office-1:till", "", "CITIZENS"):
            with pytest.raises(NotThere):
                look(party, text)
