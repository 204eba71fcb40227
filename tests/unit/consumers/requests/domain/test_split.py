"""Exact division, against published vectors and the rule that conflicting sources make necessary to name."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from consumers.requests.domain.fees.split import SplitImpossible, divide, split
from schemas.tariff import Party, RemainderRule, SplitPart

VECTORS = Path(__file__).parents[4] / "data" / "split"


def _cases() -> list[tuple[int, list[Fraction], list[int]]]:
    """Return the published cases that our domain has: whole ratios, amounts of zero or more."""
    found: list[tuple[int, list[Fraction], list[int]]] = []
    money = json.loads((VECTORS / "moneyphp_allocation.json").read_text())
    for case in money["allocate"]:
        if case["amount"] >= 0:
            ratios = [Fraction(str(ratio)) for ratio in case["ratios"]]
            found.append((case["amount"], ratios, case["expected"]))
    for case in money["allocate_to_n"]:
        found.append((case["amount"], [Fraction(1)] * case["targets"], case["expected"]))
    for case in json.loads((VECTORS / "dinero_allocation.json").read_text())["cases"]:
        if not case["throws"] and all(isinstance(ratio, int) for ratio in case["ratios"]):
            ratios = [Fraction(ratio) for ratio in case["ratios"]]
            found.append((case["amount"], ratios, [part["amount"] for part in case["expected"]]))
    return found


@pytest.mark.parametrize(("amount", "ratios", "expected"), _cases())
def test_largest_remainder_agrees_with_published_vectors(
    amount: int, ratios: list[Fraction], expected: list[int]
) -> None:
    whole = sum(ratios)
    fractions = [ratio / whole for ratio in ratios]
    assert divide(amount, fractions, RemainderRule.LARGEST_REMAINDER) == expected


def test_the_vectors_are_there() -> None:
    assert len(_cases()) >= 24


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RemainderRule.IN_ORDER, [13, 1, 1]),
        (RemainderRule.LARGEST_REMAINDER, [12, 1, 2]),
        (RemainderRule.LAST, [12, 1, 2]),
    ],
)
def test_15_at_80_8_12_depends_on_the_rule(rule: RemainderRule, expected: list[int]) -> None:
    parts = [_share(80), _share(8), _share(12)]
    assert split(15, parts, rule) == expected


def test_last_takes_all_that_flooring_leaves() -> None:
    third = SplitPart(party=Party.OFFICE, numerator=1, denominator=3)
    assert split(11, [third, third, third], RemainderRule.LAST) == [3, 3, 5]
    assert split(11, [third, third, third], RemainderRule.IN_ORDER) == [4, 4, 3]


def test_fixed_parts_come_first() -> None:
    parts = [_share(50), _fixed(1000), _share(50)]
    assert split(1501, parts, RemainderRule.IN_ORDER) == [251, 1000, 250]


@pytest.mark.parametrize(
    ("amount", "parts", "problem"),
    [
        (999, ["fixed", 100], "exceed the line's amount by 1 rial"),
        (1001, ["fixed"], "leave 1 rial that no part takes"),
        (1500, ["fixed", 90], "do not add up to one"),
    ],
)
def test_impossible_divisions_are_refused(amount: int, parts: list[Any], problem: str) -> None:
    with pytest.raises(SplitImpossible, match=problem):
        split(amount, [_fixed(1000) if part == "fixed" else _share(part) for part in parts], RemainderRule.IN_ORDER)


def _share(percent: int) -> SplitPart:
    return SplitPart(party=Party.OFFICE, numerator=percent, denominator=100)


def _fixed(amount_rial: int) -> SplitPart:
    return SplitPart(party=Party.AGENCY, fixed_rial=amount_rial)
