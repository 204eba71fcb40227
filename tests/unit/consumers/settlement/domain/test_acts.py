"""Money that moves by decision: fines, corrections, payments ahead, and cash beyond the fee."""

from uuid import UUID

from consumers.settlement.domain.booking import BookingKind, transaction_id_of
from consumers.settlement.domain.fees import void
from consumers.settlement.domain.fold import books, fold
from schemas import log_requests as log
from tests.kit.values.ledger_log import AGENCY, OFFICE, certificate, closed, payment, request, started

FINE = UUID("00000000-0000-4000-8000-00000000f19e")
TRANSACTION = transaction_id_of("1")


def fine(lifted: bool) -> log.FineAccepted:
    return log.FineAccepted(fine_id=FINE, office=OFFICE, amount_rial=700, lifted=lifted, minutes_number="12")


def correction(debit: str, credit: str) -> log.CorrectionAccepted:
    return log.CorrectionAccepted(debit_account=debit, credit_account=credit, amount_rial=7, minutes_number="12")


def test_a_fine_is_owed_by_the_office_until_it_is_lifted() -> None:
    imposed, lifted = fold(fine(False), TRANSACTION, 1), fold(fine(True), TRANSACTION, 1)
    assert imposed is not None
    assert lifted is not None
    assert imposed.transfers == ((f"office:{OFFICE}", "directorate", 700),)
    assert lifted.transfers == (("directorate", f"office:{OFFICE}", 700),)
    assert (imposed.kind, lifted.kind) == (BookingKind.FINE, BookingKind.FINE_LIFTED)
    # A fine is a debt, but none that a reservation covers.
    assert imposed.exposure_rial == lifted.exposure_rial == 0


def test_a_correction_moves_what_was_decided_between_two_accounts() -> None:
    booking = fold(correction("bank:melli", f"agency:{AGENCY}"), TRANSACTION, 1)
    assert booking is not None
    assert booking.transfers == (("bank:melli", f"agency:{AGENCY}", 7),)


def test_a_correction_from_an_account_to_itself_moves_nothing() -> None:
    assert fold(correction("bank:melli", "bank:melli"), TRANSACTION, 1) is None


def test_a_payment_frees_what_it_pays_even_when_it_comes_ahead() -> None:
    booking = fold(payment(500), TRANSACTION, 1)
    assert booking is not None
    assert booking.transfers == (("settlement:bank", f"office:{OFFICE}:drawer", 500),)
    assert booking.released_rial == 500


def test_more_cash_than_the_fee_is_all_due_back() -> None:
    assert void(certificate(), AGENCY, 30_005) == (
        ("suspense", "citizens:refunds", 30_000),
        ("citizens", "citizens:refunds", 5),
    )


def test_a_request_that_no_office_accepted_holds_nothing_to_void() -> None:
    assert fold(closed(request(1), None, office=None), TRANSACTION, 1) is None
    assert fold(closed(request(1), None), TRANSACTION, 1) is None


def test_only_events_that_can_move_money_are_worth_decoding() -> None:
    assert fold(started(request(1)), TRANSACTION, 1) is None
    assert not books(log.OfficeStarted.type_name())
    assert not books(log.DisputeMarked.type_name())
    assert books(log.RequestCompleted.type_name())


def test_a_transaction_has_the_same_identity_in_every_replay() -> None:
    assert transaction_id_of("event") == transaction_id_of("event") != transaction_id_of("another")
