"""Acts of the directorate that are about no request: payments, fines, corrections, the end of a settlement window.

Settlement refuses nothing, so whatever could be wrong is refused here. Acts that may happen once leave a record; its
primary key in the store makes a repetition visible even between two workers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from consumers.requests.domain.life.outcome import Refuse
from consumers.requests.domain.registry.snapshot import Snapshot
from schemas.accounts import SUSPENSE, holder_of
from schemas.base import Event
from schemas.intake_directorate import CorrectionOrdered, FineImposed, FineLifted, OfficePaid, WindowCloseRequested
from schemas.log_requests import (
    ClaimRefusal,
    CorrectionAccepted,
    FineAccepted,
    OfficePaymentAccepted,
    WindowMarked,
)


class ActKey(NamedTuple):
    """What makes an act the same act: its kind and its own id."""

    kind: str
    act_id: str


@dataclass(frozen=True, slots=True)
class Done:
    """The act holds: what the log says, and what to remember so that it is not done twice."""

    events: tuple[Event, ...]
    once: ActKey | None = None
    content: str = ""


def remembered(claim: Event) -> tuple[ActKey, ...]:
    """Return the records that `act` must know of to decide on `claim`."""
    match claim:
        case OfficePaid():
            return (_payment(claim),)
        case FineImposed(fine_id=fine):
            return (ActKey("fine", str(fine)),)
        case FineLifted(fine_id=fine):
            return ActKey("fine", str(fine)), ActKey("fine_lifted", str(fine))
        case WindowCloseRequested(window=window):
            return ActKey("window", str(window)), ActKey("window", str(window - 1))
        case _:
            return ()


def act(claim: Event, known: Mapping[ActKey, str], snapshot: Snapshot, partitions: int) -> Done | Refuse:
    """Return the outcome of `claim`. `known` holds the records of `remembered`, `partitions` is the requests log's."""
    match claim:
        case OfficePaid():
            return _unknown_office(claim.office, snapshot) or _pay(claim, known)
        case FineImposed() | FineLifted():
            return _unknown_office(claim.office, snapshot) or _fine(claim, known)
        case CorrectionOrdered():
            return _correct(claim, snapshot)
        case WindowCloseRequested():
            return _close_window(claim.window, known, partitions)
        case _:
            raise AssertionError(f"{type(claim).__name__} is no act of the directorate")


def _payment(claim: OfficePaid) -> ActKey:
    return ActKey("payment", f"{claim.office} {claim.reference}")


def _pay(claim: OfficePaid, known: Mapping[ActKey, str]) -> Done | Refuse:
    """A bank's reference counts once for an office: the same line typed twice is one payment."""
    if _payment(claim) in known:
        return Refuse(
            ClaimRefusal.ALREADY_PAID, "reference: this office's payment under it counts already; correct the reference"
        )
    event = OfficePaymentAccepted(office=claim.office, amount_rial=claim.amount_rial, reference=claim.reference)
    return Done((event,), _payment(claim), str(claim.amount_rial))


def _fine(claim: FineImposed | FineLifted, known: Mapping[ActKey, str]) -> Done | Refuse:
    content = f"{claim.office} {claim.amount_rial}"
    imposed = ActKey("fine", str(claim.fine_id))
    key = imposed
    if isinstance(claim, FineLifted):
        key = ActKey("fine_lifted", str(claim.fine_id))
        if known.get(imposed) != content:
            return Refuse(
                ClaimRefusal.UNKNOWN_FINE,
                "fine_id: no fine of this office and amount was imposed under it; lift exactly what was imposed",
            )
    if key in known:
        done = "lifted" if isinstance(claim, FineLifted) else "imposed"
        return Refuse(ClaimRefusal.ALREADY_IMPOSED, f"fine_id: was {done} before; give a new fine an id of its own")
    event = FineAccepted(
        fine_id=claim.fine_id,
        office=claim.office,
        amount_rial=claim.amount_rial,
        lifted=isinstance(claim, FineLifted),
        minutes_number=claim.minutes_number,
    )
    return Done((event,), key, content)


def _correct(claim: CorrectionOrdered, snapshot: Snapshot) -> Done | Refuse:
    for field, account in (("debit_account", claim.debit_account), ("credit_account", claim.credit_account)):
        if not _account_known(account, snapshot):
            return Refuse(
                ClaimRefusal.UNKNOWN_ACCOUNT, f"{field}: is no account that may be corrected; see the chart of accounts"
            )
    if claim.debit_account == claim.credit_account:
        return Refuse(ClaimRefusal.UNKNOWN_ACCOUNT, "credit_account: must be another account than the debited one")
    event = CorrectionAccepted(
        debit_account=claim.debit_account,
        credit_account=claim.credit_account,
        amount_rial=claim.amount_rial,
        minutes_number=claim.minutes_number,
    )
    return Done((event,))


def _account_known(account: str, snapshot: Snapshot) -> bool:
    holder = holder_of(account)
    # What is held and not yet divided is nobody's to correct.
    if holder is None or account == SUSPENSE:
        return False
    if holder.office is not None:
        return snapshot.office(holder.office) is not None
    return holder.agency is None or any(one.agency == holder.agency for one in snapshot.services.values())


def _close_window(window: int, known: Mapping[ActKey, str], partitions: int) -> Done | Refuse:
    key = ActKey("window", str(window))
    if key in known or (window > 1 and ActKey("window", str(window - 1)) not in known):
        return Refuse(ClaimRefusal.WINDOW_NOT_OPEN, f"window: {window} is not the open one; close the open window")
    markers = tuple(
        WindowMarked(window=window, partition=partition, partitions=partitions) for partition in range(partitions)
    )
    return Done(markers, key)


def _unknown_office(office: str, snapshot: Snapshot) -> Refuse | None:
    if snapshot.office(office) is not None:
        return None
    return Refuse(ClaimRefusal.UNKNOWN_OFFICE, "office: no such office is licensed; correct the code")
