"""The registry consumer: one batch of intake records in, accepted versions and log events out.

The order of a batch: read the claims, lock the registry's head, screen identities, read what is known, decide, write.
Topics arrive in any order, so a claim may wait for what it refers to; each accepted version makes the waiting ones try
again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

import structlog

from consumers.failures import place_of
from consumers.intake import Claim, IntakeReader, Unreadable, read_claim
from consumers.letters_told import tell_letters
from consumers.parking import NEVER, NEVER_YET, ParkedEvent, ParkedRow, ParkReason, Room, failed_event
from consumers.registry.domain.known import Await, EntryKind, Subject
from consumers.registry.domain.rules import looks_at_all, references, subject_of
from consumers.registry.fold import Fold
from consumers.registry.ports import RegistryStores
from consumers.runner.clocks import ClockWatch
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Clock, Telemetry
from consumers.runner.records import Record
from consumers.sweeping import do_divided
from schemas.partition import Place

CONSUMER = "registry"
#: How many waiting claims one sweep tries again.
SWEEP_MAX = 1_000


class RegistryHandler:
    """Implements `consumers.runner.ports.Handler` for the registry. No wait ends by time while `watch` is in doubt."""

    def __init__(self, clock: Clock, watch: ClockWatch, telemetry: Telemetry) -> None:
        self._clock = clock
        self._watch = watch
        self._telemetry = telemetry
        #: The revision at which a sweep found that nothing that waits can be decided.
        self._exhausted_at = -1

    def handle(self, stores: RegistryStores, records: Sequence[Record]) -> Collection[Place]:
        """Apply a batch. Raises what the stores raise, and `ParkFull`."""
        claims, letters = _read(records)
        decided_in: Collection[Place] = ()
        if claims:
            revision = stores.versions.lock_head()
            screened = stores.claims.screen(claims)
            letters.extend(screened.letters)
            decided_in = self._decide(stores, screened.fresh, revision)
            if screened.duplicates:
                self._telemetry.count(Outcome.DUPLICATE, len(screened.duplicates))
        self._bury(stores, letters)
        return decided_in

    def park_failed(self, stores: RegistryStores, record: Record, error: Exception) -> None:
        """Park one record on which `handle` fails by itself; later claims on its subject wait behind it."""
        claims, letters = _read([record])
        if claims:
            stores.versions.lock_head()
            screened = stores.claims.screen(claims)
            letters.extend(screened.letters)
            stores.claims.record(screened.fresh)
            stores.park.park([failed_event(_key(claim), _failure(error), record) for claim in screened.fresh])
            for claim in screened.fresh:
                _tell(claim, error)
            self._telemetry.count(Outcome.PARKED, len(screened.fresh), ParkReason.FAILED)
        self._bury(stores, letters)

    def sweep(self, stores: RegistryStores) -> int:
        """Decide what waits: after new versions, when its time or its rest is over, or when an operator says so."""
        now = self._passed(stores)
        head = stores.versions.head()
        keys = dict.fromkeys(stores.park.due_keys(now, SWEEP_MAX))
        if head != self._exhausted_at:
            keys |= dict.fromkeys(row.event.key for row in stores.park.waiting(ParkReason.PREDECESSOR, SWEEP_MAX))
        if not keys:
            self._exhausted_at = head
            return 0
        revision = stores.versions.lock_head()
        take_up, set_aside = partial(self._take_up, stores, now, revision), partial(self._set_aside, stores)
        swept = do_divided(list(keys), stores.attempt, take_up, set_aside)
        if swept is None:
            return 0
        self._count(swept.fold)
        if not swept.fold.accepted:
            self._exhausted_at = revision
        return swept.done

    def _passed(self, stores: RegistryStores) -> datetime:
        """Return the business time up to which waits may end: none has ended while nobody knows the time."""
        now = self._watch.reading(lambda _: stores.park.now())
        return NEVER_YET if self._watch.doubt else self._clock.at(now)

    def _take_up(self, stores: RegistryStores, now: datetime, revision: int, keys: Sequence[str]) -> "_Sweep":
        rows = stores.park.of_keys(keys)
        claims = {row.id: claim for row in rows if (claim := _claim_of(row)) is not None}
        fold = self._fold(stores, claims.values(), revision)
        sweep = _Sweep(fold, claims)
        while sweep.passes_over(rows):
            pass
        sweep.give_up(rows, now)
        sweep.write(stores)
        self._write(stores, fold)
        return sweep

    def _set_aside(self, stores: RegistryStores, key: str, error: Exception) -> None:
        """Keep as failed the first claim of one key, because what is decided of it cannot even be written."""
        first = stores.park.of_keys([key])[:1]
        stores.park.keep([row.with_failure(_failure(error)) for row in first])
        self._telemetry.rolled_back(Setback.HANDLER_FAILED)
        structlog.get_logger(CONSUMER).error(
            "set aside: the sweep fails on it", kind=key, error=type(error).__name__, where=place_of(error)
        )

    def _decide(self, stores: RegistryStores, claims: Sequence[Claim], revision: int) -> Collection[Place]:
        stores.claims.record(claims)
        fold = self._fold(stores, claims, revision)
        rows = stores.park.of_keys({_key(claim) for claim in claims})
        stuck = {row.event.key for row in rows if row.event.reason in (ParkReason.FAILED, ParkReason.BEHIND)}
        parked: list[ParkedEvent] = []
        room: dict[str, Room] = {}
        decided_in: set[Place] = set()
        for claim in claims:
            if _key(claim) in stuck:
                detail = "an earlier claim on the same subject failed"
                parked.append(_parked(claim, ParkReason.BEHIND, detail, NEVER))
                continue
            waits = fold.take(claim)
            decided_in.add(claim.record.place)
            if waits is None:
                continue
            topic = claim.record.topic
            left = (room.get(topic) or stores.park.room(topic)).less(claim.record)
            if left.lack is None:
                room[topic] = left
                parked.append(_parked(claim, ParkReason.PREDECESSOR, waits.detail, fold.gives_up_at(claim)))
            else:
                fold.refuse(claim, _crowded(waits, left.lack))
        stores.park.park(parked)
        for event in parked:
            self._telemetry.count(Outcome.PARKED, 1, event.reason)
        self._write(stores, fold)
        self._count(fold)
        return decided_in

    def _fold(self, stores: RegistryStores, claims: Iterable[Claim], revision: int) -> Fold:
        subjects: set[Subject] = set()
        kinds = {EntryKind.POLICY}
        for claim in claims:
            subjects |= references(claim.event)
            kinds |= looks_at_all(claim.event)
        return Fold(stores.versions.known(subjects, kinds), revision, self._clock.business)

    def _write(self, stores: RegistryStores, fold: Fold) -> None:
        if fold.accepted:
            stores.versions.append(fold.accepted)
            stores.limits.put(fold.offices)
        stores.outbox.add(fold.messages)

    def _count(self, fold: Fold) -> None:
        for (outcome, reason), events in fold.counts.items():
            self._telemetry.count(outcome, events, reason)

    def _bury(self, stores: RegistryStores, letters: Sequence[Unreadable]) -> None:
        if letters:
            new = stores.dead_letters.add(CONSUMER, letters)
            tell_letters(stores.dead_letters, stores.outbox, new, self._clock.business)
            for letter in new:
                self._telemetry.count(Outcome.DEAD_LETTERED, 1, letter.reason)
            if len(new) < len(letters):
                self._telemetry.count(Outcome.DUPLICATE, len(letters) - len(new))


class _Sweep:
    """Goes over parked rows, oldest first, until nothing changes any more. What waits behind a failed claim stays."""

    def __init__(self, fold: Fold, claims: dict[int, Claim]) -> None:
        self.fold = fold
        #: The claims that wait still, by the id of their row.
        self._claims = claims
        self._gone: list[int] = []
        self._skipped: set[int] = set()
        self._kept: dict[int, ParkedRow] = {}

    @property
    def done(self) -> int:
        """How many claims left the park."""
        return len(self._gone) + len(self._skipped)

    def passes_over(self, rows: Sequence[ParkedRow]) -> bool:
        """Try every row once; say whether something was accepted, so that another pass may decide more."""
        before = len(self.fold.accepted)
        stuck: set[str] = set()
        for row in rows:
            claim = self._claims.get(row.id)
            failed = row.event.reason is ParkReason.FAILED and not row.to_try
            if row.to_skip:
                # Also one that this version cannot read: then it has no claim.
                self._skipped.add(row.id)
                self._claims.pop(row.id, None)
            elif claim is not None and not failed and row.event.key not in stuck:
                self._try(row, claim)
            if row.id in self._claims and (failed or self._kept_as_failed(row)):
                stuck.add(row.event.key)
        return len(self.fold.accepted) > before

    def give_up(self, rows: Sequence[ParkedRow], now: datetime) -> None:
        """Refuse what has waited long enough."""
        for row in rows:
            claim = self._claims.get(row.id)
            if claim is None or row.event.reason is not ParkReason.PREDECESSOR or row.event.expires_at > now:
                continue
            try:
                waits = self.fold.take(claim)
                if waits is not None:
                    self.fold.refuse(claim, waits)
            except Exception as error:
                self._keep_as_failed(row, claim, error)
            else:
                self._let_go(row)

    def write(self, stores: RegistryStores) -> None:
        """Write what became of the rows."""
        stores.park.remove(self._gone)
        stores.park.skip(self._skipped)
        stores.park.keep(list(self._kept.values()))

    def _try(self, row: ParkedRow, claim: Claim) -> None:
        if self._kept_as_failed(row):
            return
        try:
            waits = self.fold.take(claim)
        except Exception as error:  # a claim that is tried again may fail again, and must not stop the others
            self._keep_as_failed(row, claim, error)
            return
        if waits is None:
            self._let_go(row)
        elif row.event.reason is not ParkReason.PREDECESSOR or row.to_try:
            self._kept[row.id] = row.with_reason(ParkReason.PREDECESSOR, waits.detail, self.fold.gives_up_at(claim))

    def _kept_as_failed(self, row: ParkedRow) -> bool:
        kept = self._kept.get(row.id)
        return kept is not None and kept.event.reason is ParkReason.FAILED

    def _keep_as_failed(self, row: ParkedRow, claim: Claim, error: Exception) -> None:
        _tell(claim, error)
        self._kept[row.id] = row.with_failure(_failure(error))

    def _let_go(self, row: ParkedRow) -> None:
        self._gone.append(row.id)
        self._kept.pop(row.id, None)
        del self._claims[row.id]


def _read(records: Sequence[Record]) -> tuple[list[Claim], list[Unreadable]]:
    claims: list[Claim] = []
    letters: list[Unreadable] = []
    for record in records:
        read = read_claim(record, IntakeReader.REGISTRY)
        if isinstance(read, Claim):
            claims.append(read)
        elif isinstance(read, Unreadable):
            letters.append(read)
    return claims, letters


def _claim_of(row: ParkedRow) -> Claim | None:
    read = read_claim(row.event.record, IntakeReader.REGISTRY)
    return read if isinstance(read, Claim) else None


def _parked(claim: Claim, reason: ParkReason, detail: str, expires_at: datetime) -> ParkedEvent:
    return ParkedEvent(_key(claim), reason, detail, claim.record, expires_at)


def _crowded(waits: Await, lack: str) -> Await:
    """Return why a claim that would have to wait may not even do that."""
    return Await(waits.reason, f"{waits.detail}, and {lack}")


def _tell(claim: Claim, error: Exception) -> None:
    """Log that `claim` is kept as failed: what was said, and where the code failed."""
    structlog.get_logger(CONSUMER).error(
        "claim parked: the code fails on it",
        event_type=claim.envelope.type,
        error=type(error).__name__,
        where=place_of(error),
    )


def _failure(error: Exception) -> str:
    """Say what failed without repeating anybody's data."""
    return f"the code failed on it: {type(error).__name__}"


def _key(claim: Claim) -> str:
    kind, code = subject_of(claim.event)
    return f"{kind}:{code}"
