"""Acts of the directorate: each counts once, by its own id, about offices, agencies and windows that there are."""

from uuid import UUID

import pytest

from consumers.requests.domain.acts import ActKey, Done, act, remembered
from consumers.requests.domain.life.outcome import Refuse
from schemas.base import Event
from schemas.intake_directorate import CorrectionOrdered, FineImposed, FineLifted, OfficePaid, WindowCloseRequested
from schemas.log_requests import ClaimRefusal, FineAccepted, OfficePaymentAccepted, WindowMarked
from tests.kit.values.builders import AGENCY, MOMENT
from tests.kit.values.requests_world import make_world

SNAPSHOT = make_world().snapshot(MOMENT)
PARTITIONS = 3
FINE = UUID(int=5)


def paid(office: str = "office-1", reference: str = "bank-1") -> OfficePaid:
    return OfficePaid(office=office, amount_rial=5_000, reference=reference)


def imposed(office: str = "office-1", amount_rial: int = 700) -> FineImposed:
    return FineImposed(fine_id=FINE, office=office, amount_rial=amount_rial, minutes_number="7")


def lifted(office: str = "office-1", amount_rial: int = 700) -> FineLifted:
    return FineLifted(fine_id=FINE, office=office, amount_rial=amount_rial, minutes_number="8")


def corrected(debit: str, credit: str) -> CorrectionOrdered:
    return CorrectionOrdered(
        debit_account=debit, credit_account=credit, amount_rial=9, minutes_number="9", reason="a slip"
    )


def ended(*claims: Event) -> list[Event | ClaimRefusal]:
    """Return the first event, or the refusal, of each of `claims`, said one after another."""
    known: dict[ActKey, str] = {}
    ends: list[Event | ClaimRefusal] = []
    for claim in claims:
        outcome = act(claim, {key: known[key] for key in remembered(claim) if key in known}, SNAPSHOT, PARTITIONS)
        if isinstance(outcome, Refuse):
            ends.append(outcome.reason)
            continue
        assert isinstance(outcome, Done)
        ends.append(outcome.events[0])
        if outcome.once is not None:
            known[outcome.once] = outcome.content
    return ends


def test_a_banks_reference_counts_once_for_an_office_and_is_another_offices_own() -> None:
    first, again, other, next_one = ended(paid(), paid(), paid("office-2"), paid(reference="bank-2"))
    assert isinstance(first, OfficePaymentAccepted)
    assert again is ClaimRefusal.ALREADY_PAID
    assert isinstance(other, OfficePaymentAccepted)
    assert isinstance(next_one, OfficePaymentAccepted)


def test_a_fine_is_imposed_once_and_lifted_once() -> None:
    first, again, off, off_again = ended(imposed(), imposed(), lifted(), lifted())
    assert isinstance(first, FineAccepted)
    assert not first.lifted
    assert again is ClaimRefusal.ALREADY_IMPOSED
    assert isinstance(off, FineAccepted)
    assert off.lifted
    assert off_again is ClaimRefusal.ALREADY_IMPOSED


@pytest.mark.parametrize("other", [lifted("office-2"), lifted(amount_rial=699)])
def test_only_what_was_imposed_is_lifted(other: FineLifted) -> None:
    assert ended(imposed(), other)[1] is ClaimRefusal.UNKNOWN_FINE
    assert ended(lifted()) == [ClaimRefusal.UNKNOWN_FINE]


@pytest.mark.parametrize("claim", [paid("nowhere"), imposed("nowhere"), lifted("nowhere")])
def test_an_office_that_nobody_licensed_neither_pays_nor_is_fined(claim: Event) -> None:
    assert ended(claim) == [ClaimRefusal.UNKNOWN_OFFICE]


def test_windows_are_closed_one_after_the_other_and_once_each() -> None:
    first, again, third, second, then = ended(*(WindowCloseRequested(window=number) for number in (1, 1, 3, 2, 3)))
    assert isinstance(first, WindowMarked)
    assert (again, third) == (ClaimRefusal.WINDOW_NOT_OPEN, ClaimRefusal.WINDOW_NOT_OPEN)
    assert isinstance(second, WindowMarked)
    assert isinstance(then, WindowMarked)


def test_a_window_is_marked_in_every_partition() -> None:
    outcome = act(WindowCloseRequested(window=1), {}, SNAPSHOT, PARTITIONS)
    assert isinstance(outcome, Done)
    marks = [event for event in outcome.events if isinstance(event, WindowMarked)]
    assert [(mark.partition, mark.partitions) for mark in marks] == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("account", "may"),
    [
        ("office:office-1", True),
        ("office:office-1:drawer", True),
        (f"agency:{AGENCY}", True),
        (f"agency:{AGENCY}:gateway", True),
        (f"holds:agency:{AGENCY}", True),
        ("bank:melli", True),
        ("citizens:refunds", True),
        ("office:nowhere", False),
        ("agency:nobody", False),
        ("agency:nobody:gateway", False),
        ("holds:agency:nobody", False),
        ("suspense", False),
        ("treasury:x", False),
    ],
)
def test_only_accounts_of_offices_and_agencies_that_there_are_may_be_corrected(account: str, may: bool) -> None:
    for claim in (corrected(account, "directorate"), corrected("directorate", account)):
        [end] = ended(claim)
        assert (end is ClaimRefusal.UNKNOWN_ACCOUNT) is not may


def test_a_correction_moves_between_two_accounts() -> None:
    assert ended(corrected("directorate", "directorate")) == [ClaimRefusal.UNKNOWN_ACCOUNT]
