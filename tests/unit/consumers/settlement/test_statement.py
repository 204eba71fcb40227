"""A statement of one account, from books in memory."""

from datetime import UTC, datetime

import pytest

from consumers.settlement.domain.windows import AccountMovement
from consumers.settlement.statement import KindMovement, statement_of
from schemas.accounts import REFUNDS

CLOSED = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
DRAWER = "office:urban-001:drawer"
MOVEMENTS = {
    DRAWER: AccountMovement(DRAWER, 5_000, 30_000, 10_000),
    "office:urban-001": AccountMovement("office:urban-001", 0, 0, 21_000),
    REFUNDS: AccountMovement(REFUNDS, -4_000, 1_000, 9_000),
}


class Books:
    """Books of one window."""

    def movements(self, window: int, account: str) -> list[AccountMovement]:
        assert window == 1
        return [MOVEMENTS[account]] if account in MOVEMENTS else []

    def by_kind(self, account: str, window: int) -> list[KindMovement]:
        return [KindMovement("collect", 30_000, 0)] if (account, window) == (DRAWER, 1) else []

    def closed_at(self, window: int) -> datetime | None:
        return CLOSED if window == 1 else None

    def owed_by(self, office: str) -> int:
        return {"urban-001": 7_000}[office]


def test_a_statement_closes_with_what_it_opened_with_and_what_moved() -> None:
    found = statement_of(Books(), DRAWER, 1)
    assert found is not None
    assert (found.movement, found.window, found.closed_at) == (MOVEMENTS[DRAWER], 1, CLOSED)
    assert found.kinds == (KindMovement("collect", 30_000, 0),)
    assert found.closing_rial == 5_000 + 30_000 - 10_000


def test_it_says_what_citizens_are_owed_in_all_and_by_this_office() -> None:
    found = statement_of(Books(), DRAWER, 1)
    assert found is not None
    # What the refunds account owes at the end: a credit balance.
    assert found.owed_rial == 9_000 - 1_000 + 4_000
    assert found.owed_by_office_rial == 7_000


@pytest.mark.parametrize(("account", "owed"), [("office:urban-001", 7_000), (DRAWER, 7_000), (REFUNDS, None)])
def test_only_an_office_s_accounts_have_an_office(account: str, owed: int | None) -> None:
    found = statement_of(Books(), account, 1)
    assert found is not None
    assert found.owed_by_office_rial == owed


def test_an_account_without_an_entry_has_no_statement() -> None:
    assert statement_of(Books(), "bank:nowhere", 1) is None
