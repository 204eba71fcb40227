"""One account's statement of a settlement window: what everybody is shown who asks what he owes and is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from consumers.settlement.domain.windows import AccountMovement
from schemas.accounts import REFUNDS, holder_of


class KindMovement(NamedTuple):
    """What one kind of transaction moved on one account in one window, in rial."""

    kind: str
    debits_rial: int
    credits_rial: int


class StatementReads(Protocol):
    """The ledger as a statement needs it; all calls see one moment."""

    def movements(self, window: int, account: str) -> Sequence[AccountMovement]:
        """Return the account's balance before `window` and its movements in it; nothing when it has no entry so far."""

    def by_kind(self, account: str, window: int) -> Sequence[KindMovement]:
        """Return what each kind of transaction moved on the account in `window`."""

    def closed_at(self, window: int) -> datetime | None:
        """Return when `window` was closed, in business time; none while it is open."""

    def owed_by(self, office: str) -> int:
        """Return what an office has to give back to citizens now, in rial."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One account in one window.

    `owed_rial` is what all offices together owed citizens at the window's end, `owed_by_office_rial` what the office of
    this account owes them now, none when it is no office's.
    """

    movement: AccountMovement
    window: int
    closed_at: datetime | None
    kinds: tuple[KindMovement, ...]
    owed_rial: int
    owed_by_office_rial: int | None

    @property
    def closing_rial(self) -> int:
        """Return the balance at the window's end; positive is owed by the account's holder."""
        return self.movement.opening_rial + self.movement.debits_rial - self.movement.credits_rial


def statement_of(books: StatementReads, account: str, window: int) -> Statement | None:
    """Return the statement of `account` in `window`; none when the account has no entry up to it."""
    found = books.movements(window, account)
    if not found:
        return None
    refunds = books.movements(window, REFUNDS)
    holder = holder_of(account)
    office = None if holder is None else holder.office
    return Statement(
        movement=found[0],
        window=window,
        closed_at=books.closed_at(window),
        kinds=tuple(books.by_kind(account, window)),
        owed_rial=sum(part.credits_rial - part.debits_rial - part.opening_rial for part in refunds),
        owed_by_office_rial=None if office is None else books.owed_by(office),
    )
