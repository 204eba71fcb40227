"""Which fee rules the registry takes: those that come to one amount, and to the one that is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.registry.domain.fee_rules import rule_problem
from consumers.requests.domain.fees.tariff import exposure_of
from schemas.tariff import Bracket, BracketRule, FeeRule, FixedRule, Party, PercentageRule, SplitPart
from tests.kit.values.builders import certificate_line

WHOLE = (SplitPart(party=Party.AGENCY, numerator=1, denominator=1),)


def percentage(floor: int, cap: int | None) -> PercentageRule:
    return PercentageRule(field="amount", numerator=1, denominator=100, floor_rial=floor, cap_rial=cap)


def brackets(*bounds: int | None) -> BracketRule:
    """Return a rule whose brackets end at `bounds` and cost 100, 200, 300..."""
    found = tuple(Bracket(up_to=bound, amount_rial=100 * number) for number, bound in enumerate(bounds, start=1))
    return BracketRule(field="amount", brackets=found)


@pytest.mark.parametrize(
    "rule",
    [
        FixedRule(amount_rial=15),
        percentage(200, None),
        percentage(200, 200),
        percentage(0, 0),
        brackets(None),
        brackets(5),
        brackets(1, 5, None),
        brackets(0, 1),
    ],
)
def test_fit(rule: FeeRule) -> None:
    assert rule_problem(certificate_line(rule=rule, split=WHOLE)) is None


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (percentage(201, 200), "rule.floor_rial"),
        (percentage(1, 0), "rule.floor_rial"),
        (brackets(None, 5), "rule.brackets.0"),
        (brackets(None, None), "rule.brackets.0"),
        (brackets(1, None, None), "rule.brackets.1"),
        (brackets(5, 5, None), "rule.brackets.1.up_to"),
        (brackets(1, 9, 3, None), "rule.brackets.2.up_to"),
    ],
)
def test_unfit(rule: FeeRule, field: str) -> None:
    problem = rule_problem(certificate_line(rule=rule, split=WHOLE))
    assert problem is not None
    assert f" {field}: " in problem


@given(st.lists(st.none() | st.integers(0, 20), min_size=1, max_size=5))
def test_every_bracket_that_is_taken_can_be_reached(bounds: list[int | None]) -> None:
    rule = brackets(*bounds)
    line = certificate_line(rule=rule, split=WHOLE)
    top = max((bound for bound in bounds if bound is not None), default=0) + (bounds[-1] is None)
    reached = {exposure_of((line,), {"amount": value}) for value in range(top + 1)}
    everything = {bracket.amount_rial for bracket in rule.brackets}
    assert (rule_problem(line) is None) == (reached == everything)
