"""Partial refunds: largest remainder over what is left, to the rial."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.settlement.domain.reversal import apportion, reverse
from schemas.tariff import Collector, Party, Payer
from tests.kit.values.ledger_log import AGENCY, OFFICE, fee, leg, line


@pytest.mark.parametrize(
    ("amount_rial", "weights", "parts"),
    [
        (0, [1, 2], [0, 0]),
        (3, [1, 2], [1, 2]),
        # 0.33, 0.33, 0.33: among equals the earlier leg.
        (1, [1, 1, 1], [1, 0, 0]),
        # 7.2, 1.8, 1.0 of 10: floors 7, 1, 1 and the one left over to 1.8.
        (10, [72, 18, 10], [7, 2, 1]),
        # The same rule on a whole that is nearly all taken back.
        (99, [72, 18, 10], [71, 18, 10]),
    ],
)
def test_apportion(amount_rial: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(amount_rial, weights) == parts


def test_more_than_is_left_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="at most what is left"):
        apportion(4, [1, 2])


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=6), st.data())
def test_parts_add_up_and_never_exceed_their_legs(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    parts = apportion(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=5), st.data())
def test_refunds_in_any_steps_give_back_exactly_what_was_posted(legs: list[int], data: st.DataObject) -> None:
    codes = [f"bank-{number}" for number in range(len(legs))]
    whole = fee(line(*(leg(Party.BANK, code, amount) for code, amount in zip(codes, legs, strict=True))))
    back = dict.fromkeys(codes, 0)
    before: list[int] = []
    while left := sum(legs) - sum(before):
        amount = data.draw(st.integers(max(1, left // 3), left))
        for part in reverse(whole, AGENCY, before, amount):
            back[part.leg.party_code] += part.amount_rial
        before.append(amount)
    assert list(back.values()) == legs


def test_what_is_beyond_the_posted_reverses_what_is_left() -> None:
    whole = fee(line(leg(Party.OFFICE, OFFICE, 10)))
    assert [part.amount_rial for part in reverse(whole, AGENCY, [4], 100)] == [6]
    assert reverse(whole, AGENCY, [10], 1) == ()


def test_a_citizens_refund_takes_the_drawers_money_first_then_the_gateways_and_the_agencys_own_last() -> None:
    mixed = fee(
        line(leg(Party.OFFICE, OFFICE, 40), payer=Payer.AGENCY, collector=Collector.NONE, code="commission"),
        line(leg(Party.BANK, "melli", 100), collector=Collector.AGENCY_GATEWAY, code="bill"),
        line(leg(Party.OFFICE, OFFICE, 60), code="fee"),
    )

    def payers(amount_rial: int, *before_rial: int) -> list[tuple[str, int]]:
        return [(part.payer_account, part.amount_rial) for part in reverse(mixed, AGENCY, before_rial, amount_rial)]

    drawer, gateway, agency = "citizens:refunds", f"agency:{AGENCY}:gateway", f"agency:{AGENCY}"
    assert payers(50) == [(drawer, 50)]
    assert payers(80) == [(drawer, 60), (gateway, 20)]
    assert payers(80, 80) == [(gateway, 80)]
    assert payers(160) == [(drawer, 60), (gateway, 100)], "all that the citizen paid, and nothing of the agency's"
    assert payers(190) == [(drawer, 60), (gateway, 100), (agency, 30)]
