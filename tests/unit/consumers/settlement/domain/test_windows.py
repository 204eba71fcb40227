"""A window's closing and its statements, also on somebody else's published books."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

from consumers.settlement.domain.chain import Chain
from consumers.settlement.domain.windows import AccountMovement, WindowCut, close, statements
from tests.kit.values.ledger_log import START

WALKTHROUGH = Path(__file__).parents[4] / "data" / "settlement" / "mojaloop_ledger_walkthrough.json"


def cut(partition: int, seconds: int, posted_rial: int) -> WindowCut:
    chain = Chain(bytes([partition]) * 32, partition + 1)
    return WindowCut(4, partition, START + timedelta(seconds=seconds), chain, 2, posted_rial, 1)


def test_a_window_is_closed_at_its_last_marker_with_all_partitions_sums() -> None:
    closed = close(4, [cut(0, 5, 10), cut(1, 3, 20)])
    assert (closed.window, closed.closed_at, closed.transfers) == (4, START + timedelta(seconds=5), 4)
    assert (closed.posted_rial, closed.refunded_rial) == (30, 2)
    assert closed == close(4, [cut(1, 3, 20), cut(0, 5, 10)])


def test_a_statement_is_opening_and_movements_and_closing() -> None:
    issued = statements(
        2,
        [AccountMovement("b", -5, 3, 1), AccountMovement("a", 0, 0, 0), AccountMovement("c", 7, 0, 0)],
    )
    assert [(one.account, one.opening_rial, one.closing_rial) for one in issued] == [("b", -5, -3), ("c", 7, 7)]


def ledgers_of(step: str) -> Counter[str]:
    """Return one step's debits less credits per ledger, in the walk-through's currency."""
    balances: Counter[str] = Counter()
    for table in json.loads(WALKTHROUGH.read_text(encoding="utf-8")):
        if table["step"].startswith(step):
            # Each ledger has a debit and a credit column; the first row names the columns.
            for column, text in enumerate(cell for row in table["rows"][1:] for cell in row):
                if text:
                    sign = 1 if column % 2 == 0 else -1
                    balances[table["ledgers"][column // 2]] += sign * int(text.removesuffix(" USD"))
    return balances


def test_the_published_walk_through_nets_to_zero_in_our_statements() -> None:
    """Every step of it is in balance, and the hub's netting ledger returns to zero when the window is settled."""
    assert ledgers_of("Step 1a") == {"DFSP1 Position Ledger": 50, "Hub Multilateral Net Settlement Ledger": -50}
    committed = ledgers_of("Step 2")
    movements = [AccountMovement(ledger, 0, max(0, net), max(0, -net)) for ledger, net in committed.items()]
    issued = {one.account: one.closing_rial for one in statements(1, movements)}
    assert issued == {"DFSP1 Position Ledger": 50, "DFSP2 Position Ledger": -50}
    assert committed["Hub Multilateral Net Settlement Ledger"] == 0
    assert sum(issued.values()) == 0
    settled = ledgers_of("Step 4")
    assert settled["Hub Reconciliation Ledger"] == 0
    assert settled["DFSP2 Settlement Ledger"] == -settled["DFSP1 Settlement Ledger"] == -50
