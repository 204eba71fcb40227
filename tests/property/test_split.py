"""Division to the rial: parts add up to the whole, and each is its exact share rounded, whatever the rule."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from consumers.requests.domain.fees.split import divide, split
from schemas.tariff import Party, RemainderRule, SplitPart

AMOUNTS = st.integers(0, 10**15)
RULES = st.sampled_from(RemainderRule)


@st.composite
def whole_fractions(draw: st.DrawFn) -> list[Fraction]:
    """Draw fractions that add up to one."""
    weights = draw(st.lists(st.integers(1, 1000), min_size=1, max_size=8))
    return [Fraction(weight, sum(weights)) for weight in weights]


@given(AMOUNTS, whole_fractions(), RULES)
def test_parts_add_up_and_are_exact_shares_rounded(amount: int, fractions: list[Fraction], rule: RemainderRule) -> None:
    parts = divide(amount, fractions, rule)
    assert sum(parts) == amount
    for part, fraction in zip(parts[:-1], fractions[:-1], strict=True):
        assert 0 <= part - (amount * fraction).__floor__() <= 1
    assert parts[-1] >= (amount * fractions[-1]).__floor__()


@given(AMOUNTS, whole_fractions())
def test_largest_remainder_moves_no_part_by_a_rial(amount: int, fractions: list[Fraction]) -> None:
    parts = divide(amount, fractions, RemainderRule.LARGEST_REMAINDER)
    assert all(abs(part - amount * fraction) < 1 for part, fraction in zip(parts, fractions, strict=True))


@given(st.lists(st.integers(1, 10**9), max_size=4), st.integers(0, 10**12), whole_fractions(), RULES)
def test_fixed_parts_are_untouched(fixed: list[int], rest: int, fractions: list[Fraction], rule: RemainderRule) -> None:
    parts = [SplitPart(party=Party.BANK, party_code="melli", fixed_rial=amount) for amount in fixed]
    parts += [
        SplitPart(party=Party.OFFICE, numerator=fraction.numerator, denominator=fraction.denominator)
        for fraction in fractions
    ]
    shares = split(sum(fixed) + rest, parts, rule)
    assert shares[: len(fixed)] == fixed
    assert sum(shares) == sum(fixed) + rest
