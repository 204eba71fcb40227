"""The till: money examples through a whole bus, added up by a stranger from the exported CSV alone."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.e2e.saying import Line, new_request, publish, said, wait_for_states, wait_until_quiet
from tests.kit.real.running import RunningBus, pishkhan

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

#: An office of Bojnord that has everything and is open on the bus's morning.
OFFICE = "urban-001"
DESK = f"/offices/{OFFICE}"
DRAWER, OWN = f"office:{OFFICE}:drawer", f"office:{OFFICE}"
CERTIFICATE, SAVINGS = "bank-melli.balance-certificate", {"account-kind": "savings"}
FREE = "post-bank.subsidy-account"
#: A smart card lost once: the published state fee with its deposit id, and the office's own fee beside it.
CARD, DEPOSIT = "civil-registration.smart-card-lost-once", "366011100140149001055000025724"
STATE_FEE_RIAL, OFFICE_FEE_RIAL = 500_000, 20_000


@dataclass(frozen=True, slots=True)
class Till:
    """The requests of the examples, and what `pishkhan ledger export --format csv` wrote afterwards."""

    bill: str
    bill_office: str
    certificate: str
    free: str
    rejected: str
    given_back: str
    card: str
    lines: list[dict[str, str]]

    def balances(self, *request_ids: str) -> dict[str, int]:
        """Add up the lines of some requests, by account; accounts that come to nothing are left out."""
        sums: Counter[str] = Counter()
        for line in self.lines:
            if line["request_id"] in request_ids:
                sums[line["account"]] += int(line["amount_rial"])
        return {account: amount for account, amount in sums.items() if amount}


@pytest.fixture(scope="module")
def till(running_bus: RunningBus) -> Till:
    bill, office = _bill_from_the_terminal(running_bus)
    certificate, free, rejected, given_back, card = (new_request() for _ in range(5))
    # All at once and agencies' answers among them: what comes too early waits.
    publish(
        running_bus,
        _answer("post-bank", free, "approved"),
        _answer("bank-melli", rejected, "rejected"),
        _answer("bank-melli", given_back, "rejected"),
        _answer("civil-registration", card, "approved"),
        *_visit(certificate, CERTIFICATE, SAVINGS, _paid(certificate, 30_000), _delivered(certificate)),
        *_visit(free, FREE, SAVINGS, _asked(free), _delivered(free)),
        *_visit(rejected, CERTIFICATE, SAVINGS, _paid(rejected, 30_000), _asked(rejected)),
        *_visit(given_back, CERTIFICATE, SAVINGS, _paid(given_back, 30_000), _asked(given_back)),
        *_visit(
            card, CARD, {}, _paid(card, STATE_FEE_RIAL + OFFICE_FEE_RIAL, "700012"), _asked(card), _delivered(card)
        ),
    )
    completed = dict.fromkeys((bill, certificate, free, card), "completed")
    wait_for_states(running_bus, {**completed, rejected: "rejected", given_back: "rejected"})
    publish(running_bus, _at_the_desk("FeeReturned", given_back, amount_rial=30_000, receipt_number="R-back"))
    wait_until_quiet(running_bus)
    text = pishkhan(running_bus.environment, "ledger", "export", "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(text)))
    return Till(bill, office, certificate, free, rejected, given_back, card, lines)


def _bill_from_the_terminal(bus: RunningBus) -> tuple[str, str]:
    """Play agency and office by their commands, as two people would; return the request's id and its office."""
    fields = ("bill-id=1234567890123", "payment-id=1250000", "bill-amount-rial=1250000")
    form = [word for field in fields for word in ("--field", field)]
    submit = ("electricity", "submit", "electricity.bill-payment", "--city", "bojnord", *form)
    told = pishkhan(bus.environment, "agency", *submit)
    opened, routed = re.search(r"request (\S+) is opened", told), re.search(r"routed to office ([\w-]+)", told)
    assert opened is not None, told
    assert routed is not None, told
    request_id, office = opened[1], routed[1]
    assert "1,250,000 rial" in pishkhan(bus.environment, "office", office, "accept", request_id)
    assert "1,250,000 rial" in pishkhan(bus.environment, "office", office, "collect", request_id)
    assert "work began" in pishkhan(bus.environment, "office", office, "start", request_id)
    assert "the citizen is served" in pishkhan(bus.environment, "office", office, "deliver", request_id)
    return request_id, office


def _visit(request_id: str, service: str, form: Mapping[str, object], *later: Line) -> list[Line]:
    """Return a citizen's visit to the desk: asked, accepted, paid where `later` begins so, begun, and the rest."""
    walk_in = {"request_id": request_id, "service": service, "origin": "walk_in", "city": "bojnord", "office": OFFICE}
    opened = said(DESK, "RequestSubmitted", **walk_in, form=form)
    paid = [line for line in later if line["type"].startswith("ir.pishkhan.FeeCollected.")]
    rest = [line for line in later if line not in paid]
    return [
        opened,
        _at_the_desk("RequestAccepted", request_id),
        *paid,
        _at_the_desk("ServiceStarted", request_id),
        *rest,
    ]


def _paid(request_id: str, amount_rial: int, card: str | None = None) -> Line:
    how = {"method": "cash"} if card is None else {"method": "pos", "pos_reference": card}
    return _at_the_desk("FeeCollected", request_id, amount_rial=amount_rial, receipt_number="R-1", **how)


def _asked(request_id: str) -> Line:
    return _at_the_desk("AgencyAwaited", request_id)


def _delivered(request_id: str) -> Line:
    return _at_the_desk("ServiceDelivered", request_id)


def _at_the_desk(name: str, request_id: str, **data: object) -> Line:
    return said(DESK, name, request_id=request_id, operator="operator-1", **data)


def _answer(agency: str, request_id: str, answer: str) -> Line:
    return said(f"/agencies/{agency}", "AgencyAnswered", request_id=request_id, answer=answer)


def test_a_bill_is_owed_to_its_agency_which_owes_the_office_a_commission(till: Till) -> None:
    assert till.balances(till.bill) == {
        f"office:{till.bill_office}:drawer": 1_250_000,
        f"office:{till.bill_office}": -1_200,
        "agency:electricity": -1_250_000 + 1_200,
    }


def test_a_certificate_is_divided_between_bank_and_office(till: Till) -> None:
    assert till.balances(till.certificate) == {DRAWER: 30_000, "bank:bank-melli": -9_000, OWN: -21_000}


def test_a_free_service_has_no_lines(till: Till) -> None:
    assert not [line for line in till.lines if line["request_id"] == till.free]


def test_cash_of_a_rejected_certificate_is_the_citizens_until_it_is_given_back(till: Till) -> None:
    assert till.balances(till.rejected) == {DRAWER: 30_000, "citizens:refunds": -30_000}
    assert till.balances(till.given_back) == {}
    assert [line for line in till.lines if line["request_id"] == till.given_back]


def test_a_state_fee_goes_gross_to_the_treasury_under_its_deposit_id(till: Till) -> None:
    assert till.balances(till.card) == {
        DRAWER: STATE_FEE_RIAL + OFFICE_FEE_RIAL,
        f"treasury:{DEPOSIT}": -STATE_FEE_RIAL,
        OWN: -OFFICE_FEE_RIAL,
    }


def test_the_drawer_holds_what_the_receipts_say_and_everything_adds_up_to_zero(till: Till) -> None:
    visits = (till.certificate, till.free, till.rejected, till.given_back, till.card)
    assert till.balances(*visits) == {
        DRAWER: 30_000 + 30_000 + 520_000,
        OWN: -21_000 - 20_000,
        "bank:bank-melli": -9_000,
        "citizens:refunds": -30_000,
        f"treasury:{DEPOSIT}": -500_000,
    }
    assert sum(int(line["amount_rial"]) for line in till.lines) == 0
    by_transaction: Counter[str] = Counter()
    for line in till.lines:
        by_transaction[line["transaction_id"]] += int(line["amount_rial"])
    assert by_transaction
    assert set(by_transaction.values()) == {0}
