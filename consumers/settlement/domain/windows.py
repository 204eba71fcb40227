"""Settlement windows: the cut in each partition, and the statements when every partition has passed it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumers.settlement.domain.chain import Chain, anchor
from schemas.log_settlement import StatementIssued, WindowClosed


@dataclass(frozen=True, slots=True)
class WindowCut:
    """One partition's end of one window: its chain at the marker, and its sums of that window in rial."""

    window: int
    partition: int
    marked_at: datetime
    chain: Chain
    transfers: int
    posted_rial: int
    refunded_rial: int


@dataclass(frozen=True, slots=True)
class AccountMovement:
    """One account over all partitions: its balance before a window, and its debits and credits in it, in rial."""

    account: str
    opening_rial: int
    debits_rial: int
    credits_rial: int


def close(window: int, cuts: Sequence[WindowCut]) -> WindowClosed:
    """Return the closing of `window` from the cuts of all partitions; it does not depend on who closes it, or when."""
    assert cuts, "a window is closed by its cuts"
    return WindowClosed(
        window=window,
        closed_at=max(cut.marked_at for cut in cuts),
        transfers=sum(cut.transfers for cut in cuts),
        posted_rial=sum(cut.posted_rial for cut in cuts),
        refunded_rial=sum(cut.refunded_rial for cut in cuts),
        chain_anchor_sha256=anchor([(cut.partition, cut.chain) for cut in cuts]).hex(),
    )


def statements(window: int, movements: Iterable[AccountMovement]) -> list[StatementIssued]:
    """Return one statement per account that had a balance or moved, in the order of their names.

    Opening + debits - credits = closing, and all closings add up to zero when all openings do.
    """
    return [
        StatementIssued(
            window=window,
            account=movement.account,
            opening_rial=movement.opening_rial,
            debits_rial=movement.debits_rial,
            credits_rial=movement.credits_rial,
            closing_rial=movement.opening_rial + movement.debits_rial - movement.credits_rial,
        )
        for movement in sorted(movements, key=lambda movement: movement.account)
        if movement.opening_rial or movement.debits_rial or movement.credits_rial
    ]
