"""Giving posted money back: the original legs are reversed, never split again.

A partial refund is divided over what is still unreversed, by largest remainder: floors first, then one rial each to the
legs with the largest fraction left over, the earlier leg first among equals. Money that the office took in goes back
first, then what the citizen paid elsewhere, and what an agency paid last: a refund is ordered for the citizen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consumers.settlement.domain.booking import Transfer
from schemas import accounts
from schemas.tariff import Collector, Fee, FeeLine, Leg, Party, Payer


@dataclass(frozen=True, slots=True)
class Reversed:
    """One leg's part of a refund: `amount_rial` > 0 of `leg`, back to `payer_account`."""

    leg: Leg
    amount_rial: int
    payer_account: str


def reverse(fee: Fee, agency: str, refunds_before_rial: Sequence[int], amount_rial: int) -> tuple[Reversed, ...]:
    """Return which legs a refund of `amount_rial` takes back, after the earlier refunds in their order.

    An amount beyond what is left reverses what is left: the order was checked when it was accepted.
    """
    tiers: list[list[tuple[FeeLine, Leg]]] = [[], [], []]
    for line in fee.lines:
        tiers[_tier(line)].extend((line, leg) for leg in line.legs)
    left = [[leg.amount_rial for _, leg in tier] for tier in tiers]
    for earlier_rial in refunds_before_rial:
        _take(left, earlier_rial)
    taken = _take(left, amount_rial)
    return tuple(
        Reversed(leg, taken_rial, _payer_account(line, agency))
        for tier, tier_taken in zip(tiers, taken, strict=True)
        for (line, leg), taken_rial in zip(tier, tier_taken, strict=True)
        if taken_rial
    )


def transfers(legs: Sequence[Reversed]) -> tuple[Transfer, ...]:
    """Return the ledger rows of a refund; a leg that its own receiver paid moves nothing."""
    pairs = ((accounts.of_leg(part.leg), part) for part in legs)
    return tuple(
        Transfer(account, part.payer_account, part.amount_rial)
        for account, part in pairs
        if account != part.payer_account
    )


def office_income_rial(legs: Sequence[Reversed]) -> int:
    """Return what the office gives back of its own part."""
    return sum(part.amount_rial for part in legs if part.leg.party is Party.OFFICE)


def apportion(amount_rial: int, weights: Sequence[int]) -> list[int]:
    """Divide `amount_rial` ≤ Σ `weights` in proportion, by largest remainder; no part exceeds its weight."""
    whole = sum(weights)
    assert 0 <= amount_rial <= whole, "a refund takes back at most what is left"
    if amount_rial == 0:
        return [0] * len(weights)
    parts = [amount_rial * weight // whole for weight in weights]
    # Sorting is stable, so ties go to the earlier leg.
    order = sorted(range(len(weights)), key=lambda place: -(amount_rial * weights[place] % whole))
    for place in order[: amount_rial - sum(parts)]:
        parts[place] += 1
    return parts


def _take(left: list[list[int]], amount_rial: int) -> list[list[int]]:
    """Take `amount_rial` out of `left`, tier after tier; return what was taken of each leg."""
    taken = []
    for tier in left:
        from_tier_rial = min(amount_rial, sum(tier))
        amount_rial -= from_tier_rial
        parts = apportion(from_tier_rial, tier)
        for place, part in enumerate(parts):
            tier[place] -= part
        taken.append(parts)
    return taken


def _tier(line: FeeLine) -> int:
    if line.payer is Payer.AGENCY:
        return 2
    return 0 if line.collector.at_the_office else 1


def _payer_account(line: FeeLine, agency: str) -> str:
    if line.payer is Payer.AGENCY:
        return accounts.agency(agency)
    if line.collector is Collector.AGENCY_GATEWAY:
        return accounts.gateway(agency)
    return accounts.REFUNDS if line.collector.at_the_office else accounts.CITIZENS
