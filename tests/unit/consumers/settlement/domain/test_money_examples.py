"""The design's four money examples, with figures worked out by pencil: a balance is debits less credits, in rial."""

from collections import Counter
from collections.abc import Iterable, Mapping

from consumers.settlement.domain.booking import Booking, transaction_id_of
from consumers.settlement.domain.fold import fold
from schemas.base import Event
from schemas.decode import encode, parse_strictly
from schemas.tariff import Collector, Fee, Party
from tests.kit.values.ledger_log import (
    AGENCY,
    OFFICE,
    accepted,
    bill,
    certificate,
    closed,
    collected,
    completed,
    fee,
    leg,
    line,
    payment,
    refunded,
    request,
    returned,
)

REQUEST = request(1)
DRAWER = f"office:{OFFICE}:drawer"
OWN = f"office:{OFFICE}"


def booked(*events: Event) -> list[Booking]:
    bookings = [fold(event, transaction_id_of(str(number)), 1) for number, event in enumerate(events)]
    return [booking for booking in bookings if booking is not None]


def balances(bookings: Iterable[Booking]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for booking in bookings:
        for debit, credit, amount_rial in booking.transfers:
            sums[debit] += amount_rial
            sums[credit] -= amount_rial
    return {account: balance for account, balance in sums.items() if balance}


def exposure(bookings: Iterable[Booking]) -> int:
    return sum(booking.exposure_rial for booking in bookings)


def test_a_bill_is_held_for_citizen_and_agency_apart() -> None:
    held = booked(accepted(REQUEST, bill()))
    assert balances(held) == {"citizens": 1_250_000, f"holds:agency:{AGENCY}": 1_200, "suspense": -1_251_200}
    assert exposure(held) == 1_250_000


def test_a_bill_for_which_the_agency_pays_the_office() -> None:
    paid = booked(accepted(REQUEST, bill()), collected(REQUEST, 1_250_000), completed(REQUEST, bill()))
    # The citizen's 1,250,000 lies in the drawer and belongs to the agency, which owes the office 1,200 of it.
    assert balances(paid) == {DRAWER: 1_250_000, f"agency:{AGENCY}": -1_248_800, OWN: -1_200}
    assert exposure(paid) == 1_250_000
    assert paid[-1].income_rial == 1_200
    settled = [*paid, *booked(payment(1_250_000))]
    assert balances(settled) == {"settlement:bank": 1_250_000, f"agency:{AGENCY}": -1_248_800, OWN: -1_200}
    assert exposure(settled) == 0


def test_a_certificate_divided_between_bank_and_office() -> None:
    events = [accepted(REQUEST, certificate()), collected(REQUEST, 30_000), completed(REQUEST, certificate())]
    assert balances(booked(*events)) == {DRAWER: 30_000, "bank:melli": -9_000, OWN: -21_000}
    # The office owes what is not its own part.
    assert exposure(booked(*events)) == 9_000
    assert booked(*events)[-1].income_rial == 21_000


def test_a_free_service_makes_no_ledger_rows() -> None:
    free = fee()
    assert booked(accepted(REQUEST, free), completed(REQUEST, free), closed(REQUEST, free)) == []


def test_a_certificate_rejected_after_cash_was_taken() -> None:
    until_cash = [accepted(REQUEST, certificate()), collected(REQUEST, 30_000)]
    rejected = booked(*until_cash, closed(REQUEST, certificate(), collected_rial=30_000))
    assert balances(rejected) == {DRAWER: 30_000, "citizens:refunds": -30_000}
    # The cash is still in the drawer, so nothing is freed yet.
    assert rejected[-1].released_rial == 0
    assert exposure(rejected) == 9_000
    given_back = [*rejected, *booked(returned(REQUEST, 30_000, freed_rial=9_000))]
    assert balances(given_back) == {}
    assert exposure(given_back) == 0


def test_a_request_cancelled_before_cash_leaves_nothing() -> None:
    cancelled = booked(accepted(REQUEST, bill()), closed(REQUEST, bill()))
    assert balances(cancelled) == {}
    assert cancelled[-1].released_rial == 1_250_000


def test_public_revenue_goes_gross_to_the_treasury_under_its_deposit_id() -> None:
    deposit = "280800000000000000000000000012"
    passport = fee(
        line(leg(Party.TREASURY, deposit, 1_000_000), code="revenue"),
        line(leg(Party.OFFICE, OFFICE, 90_000), leg(Party.DIRECTORATE, "directorate", 10_000)),
    )
    paid = booked(accepted(REQUEST, passport), collected(REQUEST, 1_100_000), completed(REQUEST, passport))
    assert balances(paid) == {
        DRAWER: 1_100_000,
        f"treasury:{deposit}": -1_000_000,
        OWN: -90_000,
        "directorate": -10_000,
    }


def test_what_the_agencys_own_gateway_takes_in_never_lies_in_a_drawer() -> None:
    online = fee(
        line(leg(Party.AGENCY, AGENCY, 70_000), leg(Party.OFFICE, OFFICE, 5_000), collector=Collector.AGENCY_GATEWAY)
    )
    paid = booked(accepted(REQUEST, online), completed(REQUEST, online))
    assert balances(paid) == {f"agency:{AGENCY}:gateway": 75_000, f"agency:{AGENCY}": -70_000, OWN: -5_000}
    assert exposure(paid) == 0
    back = [*paid, *booked(refunded(REQUEST, online, 75_000))]
    assert balances(back) == {}


def test_a_refund_reverses_the_legs_and_the_office_gives_the_money_back() -> None:
    done = [accepted(REQUEST, certificate()), collected(REQUEST, 30_000), completed(REQUEST, certificate())]
    partly = booked(*done, refunded(REQUEST, certificate(), 10_001))
    # 9,000/30,000 of 10,001 is 3,000.3 and 21,000/30,000 is 7,000.7: the rial left over goes to the larger fraction.
    assert balances(partly) == {
        DRAWER: 30_000,
        "bank:melli": -6_000,
        OWN: -13_999,
        "citizens:refunds": -10_001,
    }
    assert partly[-1].income_rial == -7_001
    wholly = booked(
        *done,
        refunded(REQUEST, certificate(), 10_001),
        refunded(REQUEST, certificate(), 19_999, [10_001]),
        returned(REQUEST, 30_000, freed_rial=9_000),
    )
    assert balances(wholly) == {}
    assert exposure(wholly) == 0


def test_every_announcement_is_a_valid_event() -> None:
    bookings = booked(
        accepted(REQUEST, bill()),
        collected(REQUEST, 1_250_000),
        completed(REQUEST, bill()),
        refunded(REQUEST, bill(), 1_250_000),
        returned(REQUEST, 1_250_000, freed_rial=1_250_000),
        closed(REQUEST, bill()),
        payment(5),
    )
    assert len(bookings) == 7
    for booking in bookings:
        announcement = booking.announcement
        assert parse_strictly(type(announcement), encode(announcement)) == announcement


def test_refunds_give_back_what_the_office_took_in_before_anything_else() -> None:
    mixed: Fee = fee(
        line(leg(Party.BANK, "melli", 50), collector=Collector.AGENCY_GATEWAY, code="online"),
        line(leg(Party.OFFICE, OFFICE, 100), code="desk"),
    )
    assert booked(refunded(REQUEST, mixed, 100))[0].transfers == ((OWN, "citizens:refunds", 100),)
    assert booked(refunded(REQUEST, mixed, 50, [100]))[0].transfers == (("bank:melli", f"agency:{AGENCY}:gateway", 50),)
