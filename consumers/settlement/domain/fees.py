"""A fee's way through the ledger: held, collected, posted by its legs, or voided.

What the citizen pays is owed by `citizens` from the hold on; what the agency pays is held on an account of its own.
"""

from consumers.settlement.domain.booking import Transfer
from schemas import accounts
from schemas.tariff import Collector, Fee, Party, Payer


def hold(fee: Fee, agency: str) -> tuple[Transfer, ...]:
    """Put the whole fee into suspense, undivided, against the party that will pay it."""
    citizen_rial, agency_rial = _payers(fee)
    held = []
    if citizen_rial:
        held.append(Transfer(accounts.CITIZENS, accounts.SUSPENSE, citizen_rial))
    if agency_rial:
        held.append(Transfer(accounts.agency_hold(agency), accounts.SUSPENSE, agency_rial))
    return tuple(held)


def post(fee: Fee, agency: str) -> tuple[Transfer, ...]:
    """Divide the held fee by its legs; the agency and its gateway now owe what they pay and took in."""
    posted = []
    gateway_rial = agency_rial = 0
    for line in fee.lines:
        for leg in line.legs:
            posted.append(Transfer(accounts.SUSPENSE, accounts.of_leg(leg), leg.amount_rial))
        if line.payer is Payer.AGENCY:
            agency_rial += line.amount_rial
        elif line.collector is Collector.AGENCY_GATEWAY:
            gateway_rial += line.amount_rial
    if gateway_rial:
        posted.append(Transfer(accounts.gateway(agency), accounts.CITIZENS, gateway_rial))
    if agency_rial:
        posted.append(Transfer(accounts.agency(agency), accounts.agency_hold(agency), agency_rial))
    return tuple(posted)


def void(fee: Fee, agency: str, collected_rial: int) -> tuple[Transfer, ...]:
    """Let the held fee go: nobody owes it any more, and what was collected of it is due back to the citizen."""
    citizen_rial, agency_rial = _payers(fee)
    collected_of_fee_rial = min(collected_rial, citizen_rial)
    candidates = (
        Transfer(accounts.SUSPENSE, accounts.CITIZENS, citizen_rial - collected_of_fee_rial),
        Transfer(accounts.SUSPENSE, accounts.REFUNDS, collected_of_fee_rial),
        Transfer(accounts.SUSPENSE, accounts.agency_hold(agency), agency_rial),
        # Cash is a fact: were more collected than the fee is, all of it would still be due back.
        Transfer(accounts.CITIZENS, accounts.REFUNDS, collected_rial - collected_of_fee_rial),
    )
    return tuple(transfer for transfer in candidates if transfer.amount_rial)


def office_income_rial(fee: Fee) -> int:
    """Return the office's own part of the whole fee, for any payer."""
    return sum(leg.amount_rial for line in fee.lines for leg in line.legs if leg.party is Party.OFFICE)


def _payers(fee: Fee) -> tuple[int, int]:
    """Return what the citizen and what the agency pays of `fee`."""
    citizen_rial = agency_rial = 0
    for line in fee.lines:
        if line.payer is Payer.CITIZEN:
            citizen_rial += line.amount_rial
        else:
            agency_rial += line.amount_rial
    return citizen_rial, agency_rial
