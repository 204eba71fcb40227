"""A tariff line's split must be whole: whatever the amount, its parts add up to it and nobody is unnamed."""

from fractions import Fraction

from schemas.tariff import (
    BracketRule,
    FixedRule,
    Party,
    PercentageRule,
    PerUnitRule,
    SplitPart,
    TariffLine,
    VariableRule,
)


def split_problem(line: TariffLine) -> str | None:
    """Return why the split of `line` is not whole, naming part and remedy; none when it is whole."""
    for part in line.split:
        problem = _part_problem(part)
        if problem is not None:
            return f"tariff line {line.code}, part {part.party}: {problem}"
    fixed_rial = sum(part.fixed_rial or 0 for part in line.split)
    fractions = sum(Fraction(part.numerator or 0, part.denominator or 1) for part in line.split)
    if fractions == 0:
        amounts = _possible_amounts(line)
        if amounts is None or any(amount not in (0, fixed_rial) for amount in amounts):
            return f"tariff line {line.code}: fixed parts alone do not add up to every amount; give one part a fraction"
        return None
    if fractions != 1:
        return f"tariff line {line.code}: the fractions add up to {fractions}; they must add up to 1"
    if fixed_rial > _least_amount(line):
        return f"tariff line {line.code}: the fixed parts ({fixed_rial} rial) exceed the least amount of the line"
    return None


def _part_problem(part: SplitPart) -> str | None:
    has_fraction = part.numerator is not None and part.denominator is not None
    if (part.numerator is None) != (part.denominator is None) or has_fraction == (part.fixed_rial is not None):
        return "give either numerator and denominator, or fixed_rial"
    if part.party is Party.BANK and part.party_code is None:
        return "name the bank in party_code"
    if part.party is Party.TREASURY and part.deposit_id is None:
        return "public revenue needs its deposit_id"
    return None


def _possible_amounts(line: TariffLine) -> tuple[int, ...] | None:
    """Return every amount that the line can come to, or none when a form decides."""
    match line.rule:
        case FixedRule(amount_rial=amount):
            return (amount,)
        case BracketRule(brackets=brackets):
            return tuple(bracket.amount_rial for bracket in brackets)
        case _:
            return None


def _least_amount(line: TariffLine) -> int:
    """Return the least amount above zero that the line can come to; lines of zero are left out of a fee."""
    match line.rule:
        case FixedRule(amount_rial=amount) | PerUnitRule(amount_rial=amount):
            return amount
        case BracketRule(brackets=brackets):
            return min((bracket.amount_rial for bracket in brackets if bracket.amount_rial), default=0)
        case PercentageRule(floor_rial=floor):
            return max(floor, 1)
        case VariableRule():
            return 1
