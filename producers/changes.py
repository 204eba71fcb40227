"""What changes when somebody states anew what they stated before: the next versions, and nothing that is as it was.

Whoever keeps a catalogue in files changes a fee where it stands, or adds a row. Versions are the registry's matter:
what is stated is compared with what was stated last, and only what differs becomes a next version, from a moment on.
What others did meanwhile stays: an agency's pause, a suspended licence, a withdrawal. Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from schemas.agreements import Agreement, AgreementState
from schemas.catalogue import Service
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory

Value = Service | Office | Agreement | Policy | Calendar | Territory
AnyValue = TypeVar("AnyValue", bound=Value)
#: What nobody states who states what shall hold.
_NUMBERS = frozenset({"version", "valid_from", "state"})
PROPOSALS = frozenset({AgreementState.DRAFTED, AgreementState.NEGOTIATED, AgreementState.SIGNED})
ENDINGS = frozenset({AgreementState.SUSPENDED, AgreementState.EXPIRED, AgreementState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Change:
    """One next version: what held before it at its time, if anything, and what shall hold.

    An agreement is put as signed; `confirmed` says that its agency confirms it at once, which is a version more.
    `published` is false when the version is known and only the confirmation is new.
    """

    before: Value | None
    after: Value
    confirmed: bool = False
    published: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields that differ, in the order of the model."""
        if self.before is None:
            return ()
        return tuple(name for name in _fields(self.after) if _of(self.before, name) != _of(self.after, name))


@dataclass(frozen=True, slots=True)
class Held:
    """A thing that is left as it is though something else is stated: it was ended, and who ended it begins it anew."""

    value: Agreement


def next_versions(
    stated: Sequence[AnyValue],
    known: Sequence[AnyValue],
    said: Collection[int],
    begins: datetime,
    *,
    confirmed: bool = False,
) -> list[Change] | Held:
    """Return what must be published so that what is `stated` holds from `begins` on.

    `stated` are one thing's rows in their order, the last being what shall hold; `known` its versions, oldest first, at
    least one. `said` are the numbers of those versions that were stated here before. For services and agreements
    earlier rows are history, because forms and tariffs are stated once, beside them.
    """
    ours = [version for version in known if version.version in said or version in stated] or list(known[-1:])
    if isinstance(known[-1], Agreement) and _waits(known[-1], stated[-1]):
        return [Change(None, known[-1], confirmed=True, published=False)] if confirmed else []
    changes: list[Change] = []
    number = known[-1].version
    for moment in _moments(stated, known, begins):
        row = _last(stated, moment)
        latest = row is stated[-1]
        if row is None or (not latest and isinstance(row, Agreement | Service)):
            continue
        before = _last([version for version in known if not is_proposed(version)], moment)
        base = _as_stated(ours if latest else [one for one in ours if one.valid_from <= moment] or ours[:1], known)
        merged = _merged(before or base, row, base)
        if _same(changes[-1].after if changes else before or base, merged):
            continue
        if isinstance(before, Agreement) and before.state in ENDINGS:
            return Held(before)
        update: dict[str, Any] = {"version": number + 1, "valid_from": moment}
        if isinstance(merged, Agreement):
            update["state"] = AgreementState.SIGNED
        confirms = confirmed and isinstance(merged, Agreement)
        changes.append(Change(before, merged.model_copy(update=update), confirms))
        number += 2 if confirms else 1
    return changes


def _moments(stated: Sequence[Value], known: Sequence[Value], begins: datetime) -> list[datetime]:
    """Return when anything may begin to hold: at `begins`, and whenever a row or a version after that begins."""
    later = {each.valid_from for each in (*stated, *known) if each.valid_from > begins}
    return sorted({begins, *later})


def _last(versions: Sequence[AnyValue], moment: datetime) -> AnyValue | None:
    """Return the version that holds at a moment: the last that has begun."""
    return next((version for version in reversed(versions) if version.valid_from <= moment), None)


def _as_stated(ours: Sequence[AnyValue], known: Sequence[AnyValue]) -> AnyValue:
    """Return what was stated last.

    A version that came of what was stated also carries what others did before it. Only what differs from the version
    that it followed was stated with it; the rest as it was stated with that one. So what was planned for a later day
    and then given up, by a version that begins before it, counts no more.
    """
    own, first = {version.version for version in ours}, ours[0]
    stated: dict[int, dict[str, Any]] = {}
    for version in known:
        before = _followed(version, known) if version.version in own else _copied(version, known)
        inherited = {} if before is None else stated[before.version]
        if version.version in own:
            stated[version.version] = inherited | _differences(version, before or first)
        else:
            signed = _signed_as(version, known)
            stated[version.version] = inherited if signed is None else stated[signed.version]
    return cast(AnyValue, first.model_copy(update=stated[ours[-1].version]))


def _followed(version: Value, known: Sequence[Value]) -> Value | None:
    """Return the version that `version` took the place of; none for the first."""
    earlier = _in_force_before(version, known)
    # What was planned for a day is said again for that day when something changes before it.
    same_day = [one for one in earlier if one.valid_from == version.valid_from]
    return same_day[-1] if same_day else _last(earlier, version.valid_from)


def _in_force_before(version: Value, known: Sequence[Value]) -> list[Value]:
    """Return the versions with lower numbers that bind somebody, oldest first."""
    return [one for one in known if one.version < version.version and not is_proposed(one)]


def _copied(version: Value, known: Sequence[Value]) -> Value | None:
    """Return the version that somebody else's `version` carries on: the most alike, of several the newest."""
    earlier = _in_force_before(version, known)
    return min(earlier, key=lambda one: (len(_differences(version, one)), -one.version), default=None)


def _signed_as(version: Value, known: Sequence[Value]) -> Value | None:
    """Return the proposal that became `version` when its agency confirmed it; none when it came otherwise."""
    return next(
        (one for one in known if one.version == version.version - 1 and is_proposed(one) and _same(one, version)), None
    )


def _differences(version: Value, before: Value) -> dict[str, Any]:
    return {name: getattr(version, name) for name in _fields(version) if _of(version, name) != _of(before, name)}


def _merged(holds: AnyValue, row: AnyValue, base: AnyValue) -> AnyValue:
    """Return what holds, with everything in which the row differs from what was stated last."""
    changed = {name: getattr(row, name) for name in _fields(row) if _of(row, name) != _of(base, name)}
    return cast(AnyValue, holds.model_copy(update=changed))


def _same(one: Value, other: Value) -> bool:
    return all(_of(one, name) == _of(other, name) for name in _fields(one))


def _fields(value: Value) -> list[str]:
    return [name for name in type(value).model_fields if name not in _NUMBERS]


def _of(value: Value, name: str) -> object:
    """Return a field; an agreement's services without pauses, which are their agency's and outlive new terms."""
    if name == "services" and isinstance(value, Agreement):
        return tuple(terms.model_copy(update={"paused": False}) for terms in value.services)
    return getattr(value, name)


def is_proposed(value: Value) -> bool:
    """Say whether a version is an agreement's that is not in force: put, and waiting for somebody's word."""
    return isinstance(value, Agreement) and value.state in PROPOSALS


def _waits(newest: Agreement, row: Value) -> bool:
    """Say whether the newest version is the row as it was signed, and waits for its agency."""
    return newest.state is AgreementState.SIGNED and _same(newest, row)
