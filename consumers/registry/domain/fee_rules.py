"""A tariff line's fee rule must come to one amount for every form, and to the one that its author means."""

from itertools import pairwise

from schemas.tariff import Bracket, BracketRule, PercentageRule, TariffLine


def rule_problem(line: TariffLine) -> str | None:
    """Return why the fee rule of `line` picks no amount or a wrong one, naming field and remedy; none when it is fit.

    A percentage is kept within floor and cap, so a floor above the cap would silently charge the cap. Brackets are read
    from the first on, so one behind a wider or an unbounded one is never reached.
    """
    match line.rule:
        case PercentageRule(floor_rial=floor, cap_rial=cap) if cap is not None and floor > cap:
            problem = f"rule.floor_rial: {floor} rial is above cap_rial, {cap}; lower the floor or raise the cap"
        case BracketRule(brackets=brackets):
            found = _bracket_problem(brackets)
            if found is None:
                return None
            problem = found
        case _:
            return None
    return f"tariff line {line.code}, {problem}"


def _bracket_problem(brackets: tuple[Bracket, ...]) -> str | None:
    for place, (bracket, following) in enumerate(pairwise(brackets)):
        if bracket.up_to is None:
            return f"rule.brackets.{place}: has no up_to and hides those behind it; only the last may have none"
        if following.up_to is not None and following.up_to <= bracket.up_to:
            return (
                f"rule.brackets.{place + 1}.up_to: {following.up_to} is not above the bracket before it, "
                f"{bracket.up_to}; put the brackets in growing order"
            )
    return None
