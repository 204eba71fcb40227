"""Dividing a whole amount exactly: fixed parts first, floors of the fractions, then the declared remainder rule.

The parts of one line always add up to the line. A division is made once; a refund reverses the recorded legs.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from schemas.tariff import RemainderRule, SplitPart


class SplitImpossible(ValueError):
    """These parts cannot divide this amount; the text says why, for the agreement's owner."""


def split(amount_rial: int, parts: Sequence[SplitPart], rule: RemainderRule) -> list[int]:
    """Return one whole amount per part, in order, adding up to `amount_rial`.

    Raises:
        SplitImpossible: the fixed parts exceed the amount, or nobody takes what they leave, or the fractions do not
            add up to one.
    """
    shares: list[int] = [part.fixed_rial or 0 for part in parts]
    rest = amount_rial - sum(shares)
    if rest < 0:
        raise SplitImpossible(f"the fixed parts exceed the line's amount by {-rest} rial")
    places = [place for place, part in enumerate(parts) if part.fixed_rial is None]
    if not places:
        if rest:
            raise SplitImpossible(f"the fixed parts leave {rest} rial that no part takes")
        return shares
    fractions = _whole(tuple([(parts[place].numerator, parts[place].denominator) for place in places]))
    for place, share in zip(places, divide(rest, fractions, rule), strict=True):
        shares[place] = share
    return shares


def divide(amount: int, fractions: Sequence[Fraction], rule: RemainderRule) -> list[int]:
    """Divide a non-negative `amount` by fractions that add up to one; every part is its floor or one more.

    With `last`, the last part may get more than one extra.
    """
    shares = [amount * fraction.numerator // fraction.denominator for fraction in fractions]
    left = amount - sum(shares)
    assert 0 <= left < len(shares), "floors of parts of a whole leave less than one each"
    if rule is RemainderRule.LAST:
        shares[-1] += left
        return shares
    order = list(range(len(shares)))
    if rule is RemainderRule.LARGEST_REMAINDER:
        # Sorting is stable, so ties go to the earlier part.
        order.sort(key=lambda place: shares[place] - amount * fractions[place])
    for place in order[:left]:
        shares[place] += 1
    return shares


@lru_cache(maxsize=1_024)
def _whole(ratios: tuple[tuple[int | None, int | None], ...]) -> tuple[Fraction, ...]:
    """Return the fractions that `ratios` are, numerator and denominator each; a tariff's are the same for every fee."""
    fractions = []
    for numerator, denominator in ratios:
        if numerator is None or denominator is None:
            raise SplitImpossible("a part has neither a fraction nor a fixed amount")
        fractions.append(Fraction(numerator, denominator))
    if sum(fractions) != 1:
        raise SplitImpossible("the fractions do not add up to one")
    return tuple(fractions)
