"""Which splits are whole: by every rule, whatever amount it comes to."""

import pytest

from consumers.registry.domain.splits import split_problem
from schemas.tariff import (
    Bracket,
    BracketRule,
    FeeRule,
    FixedRule,
    Party,
    PercentageRule,
    PerUnitRule,
    SplitPart,
    VariableRule,
)
from tests.kit.values.builders import certificate_line

OFFICE_HALF = SplitPart(party=Party.OFFICE, numerator=1, denominator=2)
AGENCY_HALF = SplitPart(party=Party.AGENCY, numerator=50, denominator=100)
AGENCY_REST = SplitPart(party=Party.AGENCY, numerator=1, denominator=1)


def office_fixed(amount: int) -> SplitPart:
    """Return a fixed part of the office."""
    return SplitPart(party=Party.OFFICE, fixed_rial=amount)


@pytest.mark.parametrize(
    ("rule", "split"),
    [
        (FixedRule(amount_rial=15), (OFFICE_HALF, AGENCY_HALF)),
        (VariableRule(field="amount"), (OFFICE_HALF, AGENCY_HALF)),
        (FixedRule(amount_rial=1000), (office_fixed(1000),)),
        (FixedRule(amount_rial=1000), (office_fixed(999), AGENCY_REST)),
        (PerUnitRule(amount_rial=500, field="pages"), (office_fixed(500), AGENCY_REST)),
        (
            BracketRule(field="kilograms", brackets=(Bracket(up_to=1, amount_rial=0), Bracket(amount_rial=700))),
            (office_fixed(700),),
        ),
        (
            PercentageRule(field="amount", numerator=1, denominator=100, floor_rial=200),
            (office_fixed(200), AGENCY_REST),
        ),
    ],
)
def test_whole(rule: FeeRule, split: tuple[SplitPart, ...]) -> None:
    assert split_problem(certificate_line(rule=rule, split=split)) is None


@pytest.mark.parametrize(
    ("rule", "split", "words"),
    [
        (FixedRule(amount_rial=15), (OFFICE_HALF,), "add up to 1/2"),
        (FixedRule(amount_rial=15), (AGENCY_REST, OFFICE_HALF), "add up to 3/2"),
        (FixedRule(amount_rial=1000), (office_fixed(999),), "fixed parts alone"),
        (VariableRule(field="amount"), (office_fixed(1),), "fixed parts alone"),
        (FixedRule(amount_rial=1000), (office_fixed(1001), AGENCY_REST), "exceed"),
        (PerUnitRule(amount_rial=500, field="pages"), (office_fixed(501), AGENCY_REST), "exceed"),
        (VariableRule(field="amount"), (office_fixed(2), AGENCY_REST), "exceed"),
        (FixedRule(amount_rial=15), (SplitPart(party=Party.OFFICE),), "either"),
        (FixedRule(amount_rial=15), (SplitPart(party=Party.OFFICE, numerator=1),), "either"),
        (FixedRule(amount_rial=15), (SplitPart(party=Party.BANK, numerator=1, denominator=1),), "name the bank"),
        (FixedRule(amount_rial=15), (SplitPart(party=Party.TREASURY, numerator=1, denominator=1),), "deposit_id"),
    ],
)
def test_not_whole(rule: FeeRule, split: tuple[SplitPart, ...], words: str) -> None:
    problem = split_problem(certificate_line(rule=rule, split=split))
    assert problem is not None
    assert words in problem
