"""Under which agreement's terms a request's money moves: every event that moves it says so, and nobody looks it up."""

from typing import TypedDict

from consumers.requests.domain.life.context import World
from consumers.requests.domain.life.state import RequestState
from schemas.agreements import SettlementCycle


class MoneyTerms(TypedDict, total=False):
    """The fields of `RequestMoneyEvent`; empty when no office ever had the request."""

    agreement: str
    agreement_version: int
    settlement_cycle: SettlementCycle | None


def money_terms(state: RequestState, world: World) -> MoneyTerms:
    """Return what an event about `state`'s money carries of its agreement, as the request's own row names it.

    A running request keeps the version it was routed under, and no version ever changes: the cycle stays the same.
    """
    if state.agreement is None:
        return {}
    cycle = world.settlement_cycle(state.agreement, state.agreement_version)
    return {"agreement": state.agreement, "agreement_version": state.agreement_version, "settlement_cycle": cycle}
