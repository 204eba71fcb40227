"""Whatever is done to a row, the chain shows it."""

from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest

from consumers.settlement.domain.booking import Booking, transaction_id_of
from consumers.settlement.domain.chain import GENESIS, Chain, ChainBroken, Row, anchor, extend
from consumers.settlement.domain.fold import fold
from consumers.settlement.domain.page import Page, WindowSkipped, balance_changes
from tests.kit.values.ledger_log import START, accepted, bill, completed, payment, request


def page_of_rows() -> Page:
    page = Page(3, Chain(), 1)
    for number, event in enumerate((accepted(request(1), bill()), completed(request(1), bill()), payment(5))):
        transaction_id = transaction_id_of(str(number))
        booking = fold(event, transaction_id, 1)
        assert isinstance(booking, Booking)
        subject = None if number == 2 else request(1)
        page.enter(booking, transaction_id, str(number), subject, START + timedelta(seconds=number))
    return page


ROWS = page_of_rows().rows


def test_the_chain_of_a_page_is_the_chain_of_its_rows() -> None:
    assert extend(Chain(), ROWS) == page_of_rows().chain
    assert page_of_rows().chain.count == len(ROWS) == 6


def test_the_layout_of_a_row_is_what_it_has_always_been() -> None:
    """Pinned: ledgers were hashed in this layout, and another order of fields would break every chain that is kept."""
    assert page_of_rows().chain.head.hex() == "eec1db47e82f78997d4e9f64731c9b03734c1570ee2761d2268515c468a488ed"


def test_a_chain_goes_on_where_it_was_cut() -> None:
    for cut in range(len(ROWS) + 1):
        assert extend(extend(Chain(), ROWS[:cut]), ROWS[cut:]) == extend(Chain(), ROWS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("transaction_id", request(9)),
        ("event_id", "other"),
        ("request_id", None),
        ("kind", "other"),
        ("debit_account", "other"),
        ("credit_account", "other"),
        ("amount_rial", 1),
        ("window_number", 2),
        ("recorded_at", START + timedelta(microseconds=1)),
        ("office", None),
        ("exposure_rial", 1),
        ("partition", 4),
    ],
)
def test_every_field_of_a_row_is_in_its_digest(field: str, value: Any) -> None:
    changed = [ROWS[0]._replace(**{field: value}), *ROWS[1:]]
    assert extend(Chain(), changed).head != extend(Chain(), ROWS).head


def test_texts_cannot_run_into_each_other() -> None:
    first = ROWS[0]._replace(debit_account="ab", credit_account="c")
    second = ROWS[0]._replace(debit_account="a", credit_account="bc")
    assert extend(Chain(), [first]).head != extend(Chain(), [second]).head


def test_a_missing_or_moved_row_breaks_the_chain() -> None:
    with pytest.raises(ChainBroken, match="partition 3: row 2 "):
        extend(Chain(), [ROWS[0], *ROWS[2:]])
    with pytest.raises(ChainBroken, match="partition 3: row 1 "):
        extend(Chain(), [ROWS[1], ROWS[0]])


def test_the_anchor_covers_all_heads_and_counts_in_partition_order() -> None:
    chains = [(0, Chain(GENESIS, 0)), (1, extend(Chain(), ROWS))]
    assert anchor(chains) == anchor(chains[::-1])
    assert anchor(chains) != anchor([(0, Chain(GENESIS, 1)), chains[1]])
    assert anchor(chains) != anchor([chains[0], (1, Chain(GENESIS, chains[1][1].count))])


def test_the_change_of_exposure_is_on_the_first_row_of_a_transaction() -> None:
    assert [(row.office, row.exposure_rial) for row in ROWS] == [
        ("office-1", 1_250_000),
        (None, None),
        (None, None),
        (None, None),
        (None, None),
        ("office-1", -5),
    ]


def test_running_sums_are_those_of_the_rows() -> None:
    changes = balance_changes([Row(0, 1, *ROWS[0][2:])._replace(window_number=2), *ROWS])
    assert sum(change.debits_rial for change in changes) == sum(change.credits_rial for change in changes)
    assert [tuple(change) for change in changes if change.account == "citizens"] == [
        (0, "citizens", 2, 1_250_000, 0),
        (3, "citizens", 1, 1_250_000, 0),
    ]
    assert changes == sorted(changes)


def test_a_marker_ends_its_window_once() -> None:
    page = page_of_rows()
    assert page.mark(1, 12, START)
    assert not page.mark(1, 12, START)
    assert page.window == 2
    assert [astuple(mark) for mark in page.marks] == [(1, 3, 12, START, astuple(page.chain))]


def test_a_marker_cannot_skip_a_window() -> None:
    with pytest.raises(WindowSkipped, match="window 2 was marked while 1 is open"):
        page_of_rows().mark(2, 12, START)
