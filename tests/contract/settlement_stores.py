"""What settlement's stores promise: one suite for the stores in memory and for those on the database."""

from contextlib import suppress
from datetime import timedelta

import pytest

from consumers.runner.errors import Collision
from consumers.settlement.domain.booking import Booking, transaction_id_of
from consumers.settlement.domain.chain import GENESIS, Chain
from consumers.settlement.domain.fold import fold
from consumers.settlement.domain.page import Page, balance_changes
from consumers.settlement.domain.windows import AccountMovement, close
from consumers.settlement.ports import LedgerEnd, OfficeChange, Opened, SettlementStores
from schemas.base import Event
from tests.contract.parks import failed
from tests.kit.values.ledger_log import START, accepted, certificate, completed, payment, refunded, request


class SettlementStoresContract:
    """Subclasses give the `stores` fixture: empty, with positions for the log's partitions, in one transaction."""

    def test_a_page_goes_on_where_it_was_kept(self, stores: SettlementStores) -> None:
        assert stores.ledger.open({0, 3}) == {0: Opened(Chain(GENESIS, 0), 1), 3: Opened(Chain(GENESIS, 0), 1)}
        kept = Opened(Chain(b"\1" * 32, 7), 2)
        stores.ledger.keep_pages({3: kept})
        assert stores.ledger.open({3, 0}) == {0: Opened(Chain(GENESIS, 0), 1), 3: kept}

    def test_rows_and_cuts_say_where_they_end_whatever_is_kept(self, stores: SettlementStores) -> None:
        page = Page(2, Chain(), 1)
        write(stores, page, accepted(request(1), certificate()), completed(request(1), certificate()))
        page.mark(1, 1, START)
        stores.windows.cut(page.marks[0])
        stores.ledger.keep_pages({3: Opened(Chain(b"\1" * 32, 7), 2)})
        assert stores.ledger.ends({2, 3}) == {2: LedgerEnd(3, 1), 3: LedgerEnd(0, 0)}

    def test_progress_is_added_once_and_changed_afterwards(self, stores: SettlementStores) -> None:
        first, second = str(request(1)), str(request(2))
        stores.ledger.keep_progress({first: 1}, {})
        stores.ledger.keep_progress({second: 4}, {first: 3})
        assert stores.ledger.progress({first, second, str(request(3))}) == {first: 3, second: 4}
        assert stores.ledger.progress(set()) == {}

    def test_a_subject_cannot_be_new_twice(self, stores: SettlementStores) -> None:
        stores.ledger.keep_progress({str(request(1)): 1}, {})
        with pytest.raises(Collision):
            stores.ledger.keep_progress({str(request(1)): 2}, {})

    def test_what_the_ledger_has_rows_of_is_known_by_its_transaction(self, stores: SettlementStores) -> None:
        page = Page(2, Chain(), 1)
        write(stores, page, accepted(request(1), certificate()), completed(request(1), certificate()))
        known = {row.transaction_id for row in page.rows}
        assert len(known) == 2
        assert set(stores.ledger.entered({*known, request(5)})) == known
        assert set(stores.ledger.entered(set())) == set()

    def test_a_window_is_cut_with_the_sums_of_its_own_rows(self, stores: SettlementStores) -> None:
        page = Page(0, Chain(), 1)
        write(stores, page, accepted(request(1), certificate()), completed(request(1), certificate()))
        page.mark(1, 1, START)
        write(stores, page, refunded(request(1), certificate(), 10), payment(5))
        page.mark(2, 1, START + timedelta(days=1))
        stores.windows.lock()
        for mark in page.marks:
            stores.windows.cut(mark)
        (first,), (second,) = stores.windows.cuts(1), stores.windows.cuts(2)
        assert (first.transfers, first.posted_rial, first.refunded_rial) == (3, 30_000, 0)
        assert (second.transfers, second.posted_rial, second.refunded_rial) == (3, 0, 10)
        assert (first.chain, second.chain) == (page.marks[0].chain, page.chain)
        assert stores.windows.cuts(3) == []

    def test_movements_are_those_of_the_window_and_openings_those_before(self, stores: SettlementStores) -> None:
        page = Page(2, Chain(), 1)
        write(stores, page, accepted(request(1), certificate()), accepted(request(2), certificate()))
        page.mark(1, 1, START)
        write(stores, page, completed(request(1), certificate()))
        assert stores.windows.movements(1) == [
            AccountMovement("citizens", 0, 60_000, 0),
            AccountMovement("suspense", 0, 0, 60_000),
        ]
        assert stores.windows.movements(2) == [
            AccountMovement("bank:melli", 0, 0, 9_000),
            AccountMovement("citizens", 60_000, 0, 0),
            AccountMovement("office:office-1", 0, 0, 21_000),
            AccountMovement("suspense", -60_000, 30_000, 0),
        ]

    def test_a_window_cannot_be_closed_twice(self, stores: SettlementStores) -> None:
        page = Page(0, Chain(), 1)
        page.mark(1, 1, START)
        stores.windows.cut(page.marks[0])
        closed = close(1, stores.windows.cuts(1))
        stores.windows.close(closed)
        with pytest.raises(Collision):
            stores.windows.close(closed)

    def test_every_move_of_positions_has_a_growing_revision(self, stores: SettlementStores) -> None:
        first = stores.loads.move([OfficeChange("office-1", 5, 7, 140509)])
        more = [OfficeChange("office-1", -5, 0, 0), OfficeChange("office-2", 0, 1, 140509)]
        assert stores.loads.move(more) == first + 1

    def test_an_attempt_that_fails_is_undone_alone(self, stores: SettlementStores) -> None:
        stores.ledger.keep_progress({str(request(1)): 1}, {})
        with suppress(ZeroDivisionError), stores.attempt():
            stores.ledger.keep_progress({}, {str(request(1)): 2})
            stores.park.park([failed("k")])
            raise ZeroDivisionError
        with stores.attempt():
            stores.park.park([failed("kept")])
        assert stores.ledger.progress({str(request(1))}) == {str(request(1)): 1}
        assert [row.event.key for row in stores.park.of_keys(["k", "kept"])] == ["kept"]

    def test_nothing_to_write_is_fine(self, stores: SettlementStores) -> None:
        stores.ledger.append([], [], [])
        stores.ledger.keep_progress({}, {})
        stores.ledger.keep_pages({})
        stores.ledger.mark_disputes({})
        stores.outbox.add([])


def write(stores: SettlementStores, page: Page, *events: Event) -> None:
    """Enter `events` and write the rows that they add."""
    before = len(page.rows)
    for event in events:
        identity = f"{page.partition}/{page.chain.count}"
        booking = fold(event, transaction_id_of(identity), page.window)
        assert isinstance(booking, Booking)
        page.enter(booking, transaction_id_of(identity), identity, getattr(event, "request_id", None), START)
    rows = page.rows[before:]
    stores.ledger.append(rows, page.packed[before:], balance_changes(rows))
