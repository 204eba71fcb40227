"""The chart of accounts: every account of the ledger, and what its balance says.

A balance is debits less credits, in rial: a positive one is owed by the account's holder, a negative one is owed to it.

| account | positive balance | negative balance |
|---|---|---|
| `citizens` | fees that citizens still have to pay | |
| `holds:agency:<code>` | held fees that the agency will pay | |
| `suspense` | | fees held and not yet divided |
| `office:<code>:drawer` | citizens' money in the office's hands, not yet paid in | the office paid ahead |
| `office:<code>` | the office owes (fines, refunds) | the office earned |
| `agency:<code>` | the agency owes (commissions that it pays) | the agency is owed (bills, its part of fees) |
| `agency:<code>:gateway` | citizens' money that the agency's own gateway took in | |
| `bank:<code>` | | the bank's part of fees |
| `treasury:<deposit id>` | | public revenue, gross, under its deposit id |
| `directorate` | | the directorate's part of fees, and fines |
| `citizens:refunds` | | what is to be given back to citizens |
| `settlement:bank` | money that offices paid in, at the settlement bank | |

A code has no colon in it, so no code can make one account look like another.
"""

import re
from typing import NamedTuple

from schemas.base import CODE_PATTERN
from schemas.tariff import Leg, Party

CURRENCY = "IRR"

CITIZENS = "citizens"
REFUNDS = "citizens:refunds"
SUSPENSE = "suspense"
DIRECTORATE = "directorate"
SETTLEMENT_BANK = "settlement:bank"

_CODE = CODE_PATTERN.removeprefix("^").removesuffix("$")
_ACCOUNT = re.compile(
    rf"{CITIZENS}|{REFUNDS}|{SUSPENSE}|{DIRECTORATE}|{SETTLEMENT_BANK}|treasury:[0-9]{{1,40}}|bank:{_CODE}"
    rf"|office:(?P<office>{_CODE})(:drawer)?"
    rf"|(agency:(?P<agency>{_CODE})(:gateway)?|holds:agency:(?P<payer>{_CODE}))",
    re.ASCII,
)


class Holder(NamedTuple):
    """Whose an account is: an office's, an agency's, or neither's."""

    office: str | None = None
    agency: str | None = None


def holder_of(account: str) -> Holder | None:
    """Return whose account this is; none when the chart has no account of this name."""
    found = _ACCOUNT.fullmatch(account)
    return None if found is None else Holder(found["office"], found["agency"] or found["payer"])


def office(code: str) -> str:
    """Return what an office earns and owes by itself."""
    return f"office:{code}"


def drawer(office_code: str) -> str:
    """Return the office's till: money that is not its own."""
    return f"office:{office_code}:drawer"


def agency(code: str) -> str:
    """Return what an agency is owed and owes."""
    return f"agency:{code}"


def gateway(agency_code: str) -> str:
    """Return what an agency's own payment gateway took in."""
    return f"agency:{agency_code}:gateway"


def agency_hold(agency_code: str) -> str:
    """Return held fees that the agency, not the citizen, will pay."""
    return f"holds:agency:{agency_code}"


def of_leg(leg: Leg) -> str:
    """Return the account that a fee's leg is credited to."""
    match leg.party:
        case Party.OFFICE:
            return f"office:{leg.party_code}"
        case Party.AGENCY:
            return f"agency:{leg.party_code}"
        case Party.BANK:
            return f"bank:{leg.party_code}"
        case Party.TREASURY:
            return f"treasury:{leg.deposit_id or leg.party_code}"
        case Party.DIRECTORATE:
            return DIRECTORATE
