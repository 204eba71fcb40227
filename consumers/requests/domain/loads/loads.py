"""What every office carries, as of one load revision plus the worker's own increments; and what each event changes.

A decision reads the loads once per batch and adds its own earlier decisions. `position_changes` is the one statement of
how events move loads: the handler applies it to the tables, `--verify` to the logs.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from consumers.jalali import month_of
from consumers.requests.domain.loads.shares import AgencyShares, Steered, added, taken_by
from schemas import log_requests as requests
from schemas import log_settlement as settlement
from schemas.base import Event
from schemas.late_cash import LateCashTaken


class PositionChange(NamedTuple):
    """What one event adds to one office's load. `income_month` is the month of its income, 0 when it has none.

    `steered` is what of `in_flight` counts on agencies' shares.
    """

    office: str
    in_flight: int = 0
    reserved_rial: int = 0
    income_rial: int = 0
    income_month: int = 0
    steered: Steered = ()
    late_cash_rial: int = 0


class Load(NamedTuple):
    """One office's load: requests routed to it and not ended, rials reserved under its cap, income in rial.

    The income is that of `income_month`, the newest Jalali month in which the office had any (0: it never had).
    `steered` says how many of the requests count on which agency's share. Of the reserved rials, `late_cash_rial` may
    be beyond the cap: they were taken after a request had ended, and until they are given back the office can have no
    other request.
    """

    in_flight: int
    reserved_rial: int
    income_rial: int
    income_month: int = 0
    steered: Steered = ()
    late_cash_rial: int = 0

    def taken_by(self, agency: str) -> int:
        """Return how many of the requests count on an agency's share."""
        return taken_by(agency, self.steered) if self.steered else 0

    def income_in(self, month: int) -> int:
        """Return the income of one month: none when it is not the month that is kept."""
        return self.income_rial if self.income_month == month else 0

    def after(self, change: PositionChange) -> "Load":
        """Return the load after `change`. Income of a newer month displaces what is kept, that of an older one is lost.

        So the order of changes does not matter.
        """
        in_flight, reserved_rial, income_rial, month, steered, late_cash_rial = self
        if change.income_month > month:
            income_rial, month = change.income_rial, change.income_month
        elif change.income_month == month:
            income_rial += change.income_rial
        if change.steered:
            steered = added(steered, change.steered)
        in_flight, reserved_rial = in_flight + change.in_flight, reserved_rial + change.reserved_rial
        return Load(in_flight, reserved_rial, income_rial, month, steered, late_cash_rial + change.late_cash_rial)


NOTHING = Load(0, 0, 0)


class Limit(NamedTuple):
    """What the registry allows one office: its bit in every mask, requests at a time, rials reserved."""

    ordinal: int
    capacity: int
    cap_rial: int


class Loads:
    """Loads of all offices at load revision `revision`, plus own increments applied since.

    Mutable and single-threaded: made anew for each batch. Grows with the offices, not with requests.
    """

    __slots__ = ("_loads", "_masks", "revision")

    def __init__(self, revision: int, loads: Mapping[str, Load]) -> None:
        self.revision = revision
        self._loads = dict(loads)
        self._masks: dict[int, LoadMasks] = {}

    def of(self, office: str) -> Load:
        """Return an office's load; an office that nobody has written of carries nothing."""
        return self._loads.get(office, NOTHING)

    def apply(self, change: PositionChange) -> None:
        """Add one change."""
        office = change.office
        before = self._loads.get(office, NOTHING)
        after = before.after(change)
        self._loads[office] = after
        for masks in self._masks.values():
            masks.move(change, before, after)

    def masks(self, limits: Mapping[str, Limit], shares: AgencyShares | None = None) -> "LoadMasks":
        """Return who is full, capped or shared out under `limits`, kept up to date by `apply`.

        Cheap for a known mapping, which must always come with the same `shares`.
        """
        found = self._masks.get(id(limits))
        if found is None:
            found = self._masks[id(limits)] = LoadMasks(limits, self._loads, shares)
        return found


class LoadMasks:
    """Bit sets of the offices that loads exclude, under one set of limits.

    `full` holds those with as many requests in flight as their capacity, `free` every office's free places by ordinal
    (below zero where desks took more). Offices are kept in the order of their headroom, so that those without room for
    an exposure are a short prefix. Under `shares`, the offices with no more free places than are kept, and those where
    an agency has its share, are a set each.
    """

    __slots__ = ("_capped", "_headrooms", "_kept_only", "_limits", "_shares", "_with_share", "free", "full")

    def __init__(
        self, limits: Mapping[str, Limit], loads: Mapping[str, Load], shares: AgencyShares | None = None
    ) -> None:
        self._limits = limits
        self._shares = shares
        self._kept_only = 0
        self._with_share: dict[str, int] = {}
        self.full = 0
        self.free = [0] * (max((limit.ordinal for limit in limits.values()), default=-1) + 1)
        for office, limit in limits.items():
            places = limit.capacity - loads.get(office, NOTHING).in_flight
            self.free[limit.ordinal] = places
            if places <= 0:
                self.full |= 1 << limit.ordinal
        if shares is not None:
            for office, limit in limits.items():
                load = loads.get(office, NOTHING)
                self._follow_shares(shares, limit, load, load.steered)
        self._headrooms = sorted(
            (_headroom_rial(limit, loads.get(office, NOTHING)), limit.ordinal) for office, limit in limits.items()
        )
        self._capped: dict[int, int] = {}

    def capped(self, exposure_rial: int) -> int:
        """Return the mask of offices whose headroom is less than `exposure_rial`."""
        headrooms = self._headrooms
        if not headrooms or headrooms[0][0] >= exposure_rial:
            return 0
        without_room = bisect_left(headrooms, (exposure_rial, -1))
        mask = self._capped.get(without_room)
        if mask is None:
            mask = 0
            for _, ordinal in headrooms[:without_room]:
                mask |= 1 << ordinal
            self._capped[without_room] = mask
        return mask

    def spent(self, agency: str) -> int:
        """Return the mask of offices where `agency` has its share, and nothing is left to borrow."""
        return self._with_share.get(agency, 0) & self._kept_only

    def _follow_shares(self, shares: AgencyShares, limit: Limit, load: Load, steered: Steered) -> None:
        """Follow the load of the office at `limit`; the agencies in `steered` take another number of places now."""
        ordinal, capacity, _ = limit
        bit = 1 << ordinal
        if capacity - load.in_flight <= shares.kept(capacity):
            self._kept_only |= bit
        elif self._kept_only & bit:
            self._kept_only ^= bit
        with_share = self._with_share
        for agency, _ in steered:
            has = with_share.get(agency, 0)
            if taken_by(agency, load.steered) >= shares.places(agency, capacity):
                with_share[agency] = has | bit
            elif has & bit:
                with_share[agency] = has ^ bit

    def move(self, change: PositionChange, before: Load, after: Load) -> None:
        """Follow one office's load."""
        limit = self._limits.get(change.office)
        if limit is None:
            return
        bit = 1 << limit.ordinal
        self.free[limit.ordinal] = limit.capacity - after.in_flight
        if after.in_flight >= limit.capacity:
            self.full |= bit
        elif before.in_flight >= limit.capacity:
            self.full ^= bit
        if self._shares is not None:
            self._follow_shares(self._shares, limit, after, change.steered)
        old, new = _headroom_rial(limit, before), _headroom_rial(limit, after)
        if new != old:
            del self._headrooms[bisect_left(self._headrooms, (old, limit.ordinal))]
            insort(self._headrooms, (new, limit.ordinal))
            self._capped.clear()


def _headroom_rial(limit: Limit, load: Load) -> int:
    """Return what an office may still owe; with late cash it has no room, not even for what reserves nothing."""
    return -1 if load.late_cash_rial else limit.cap_rial - load.reserved_rial


def position_changes(event: Event, time: datetime) -> tuple[PositionChange, ...]:
    """Return what `event`, of the requests' or the settlement's log, changes of offices' loads.

    `time` is its business time, which its envelope says: income belongs to the month of it.
    """
    change = _CHANGES.get(type(event))
    if change is not None:
        return change(event)
    earned = _INCOMES.get(type(event))
    return () if earned is None else earned(event, time)


def moves_loads(event_type: str) -> bool:
    """Say, by CloudEvents type, whether an event can change loads at all; a reader need not decode the others."""
    return event_type in _TYPES


Changes = tuple[PositionChange, ...]


def _routed(event: requests.RequestRouted) -> Changes:
    return (PositionChange(event.decision.office, 1, steered=_steered(event.share_of, 1)),)


def _given_back(event: requests.OfficeDeclined | requests.OfficeTimedOut | requests.RequestCompleted) -> Changes:
    return (PositionChange(event.office, -1, steered=_steered(event.share_of, -1)),)


def _steered(share_of: str | None, places: int) -> Steered:
    return () if share_of is None else ((share_of, places),)


def _accepted(event: requests.OfficeAccepted) -> Changes:
    return (PositionChange(event.office, reserved_rial=event.exposure_rial),) if event.exposure_rial else ()


def _closed(event: requests.RequestClosed) -> Changes:
    if event.office is None:
        return ()
    return (PositionChange(event.office, -1, steered=_steered(event.share_of, -1)),)


def _posted(event: settlement.FeePosted, time: datetime) -> Changes:
    income_rial, released_rial = event.office_income_rial, event.released_rial
    month = month_of(time) if income_rial else 0
    change = PositionChange(event.office, 0, -released_rial, income_rial, month)
    return (change,) if released_rial or income_rial else ()


def _taken_late(event: LateCashTaken) -> Changes:
    return (PositionChange(event.office, reserved_rial=event.amount_rial, late_cash_rial=event.amount_rial),)


def _returned(event: settlement.ReturnRecorded) -> Changes:
    if not event.released_rial:
        return ()
    return (PositionChange(event.office, reserved_rial=-event.released_rial, late_cash_rial=-event.late_cash_rial),)


def _released(event: settlement.FeeVoided | settlement.OfficePaymentRecorded) -> Changes:
    return (PositionChange(event.office, reserved_rial=-event.released_rial),) if event.released_rial else ()


def _refunded(event: settlement.FeeRefunded, time: datetime) -> Changes:
    income_rial = -event.office_income_rial
    return (PositionChange(event.office, 0, 0, income_rial, month_of(time)),) if income_rial else ()


#: Which event moves what. A request's office leaves flight once: declined, timed out, completed, or closed.
_CHANGES: dict[type[Event], Callable[..., Changes]] = {
    requests.RequestRouted: _routed,
    requests.OfficeDeclined: _given_back,
    requests.OfficeTimedOut: _given_back,
    requests.OfficeAccepted: _accepted,
    requests.RequestCompleted: _given_back,
    requests.RequestClosed: _closed,
    LateCashTaken: _taken_late,
    settlement.FeeVoided: _released,
    settlement.ReturnRecorded: _returned,
    settlement.OfficePaymentRecorded: _released,
}
#: And what is earned, or given back, when.
_INCOMES: dict[type[Event], Callable[..., Changes]] = {
    settlement.FeePosted: _posted,
    settlement.FeeRefunded: _refunded,
}
_TYPES = frozenset(model.type_name() for model in (*_CHANGES, *_INCOMES))
