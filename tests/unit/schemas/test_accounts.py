"""The chart of accounts: whose each account is, and what is no account."""

import pytest

from schemas import accounts
from schemas.accounts import Holder, holder_of
from schemas.tariff import Collector, Leg, Party


@pytest.mark.parametrize(
    ("account", "holder"),
    [
        (accounts.CITIZENS, Holder()),
        (accounts.REFUNDS, Holder()),
        (accounts.SUSPENSE, Holder()),
        (accounts.DIRECTORATE, Holder()),
        (accounts.SETTLEMENT_BANK, Holder()),
        ("treasury:123456", Holder()),
        ("bank:sepah", Holder()),
        (accounts.office("urban-001"), Holder(office="urban-001")),
        (accounts.drawer("urban-001"), Holder(office="urban-001")),
        (accounts.agency("water"), Holder(agency="water")),
        (accounts.gateway("water"), Holder(agency="water")),
        (accounts.agency_hold("water"), Holder(agency="water")),
    ],
)
def test_an_account_tells_whose_it_is(account: str, holder: Holder) -> None:
    assert holder_of(account) == holder


@pytest.mark.parametrize(
    "account",
    ["", "office", "office:", "office:a:b", "office:A", "office:urban-001:gateway", "agency:water:drawer", "cash",
     "treasury:", "treasury:۱۲", "citizens:", "citizens\n", "holds:office:a", "office:" + "a" * 64],
)  # fmt: skip
def test_what_the_chart_does_not_hold_is_nobodys(account: str) -> None:
    assert holder_of(account) is None


@pytest.mark.parametrize("party", Party)
def test_every_leg_goes_to_an_account_of_the_chart(party: Party) -> None:
    leg = Leg(party=party, party_code="some-code", amount_rial=1, deposit_id="42" if party is Party.TREASURY else None)
    assert holder_of(accounts.of_leg(leg)) is not None


def test_money_comes_into_the_offices_hands_in_cash_and_by_card() -> None:
    assert {one for one in Collector if one.at_the_office} == {Collector.OFFICE_CASH, Collector.OFFICE_POS}
