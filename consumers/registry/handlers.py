"""The registry consumer: one batch of intake records in, accepted versions and log events out.

The order of a batch: read the claims, lock the registry's head, screen identities, read what is known, decide, write.
Topics arrive in any order, so a claim may wait for what it refers to; each accepted version makes the waiting ones try
again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog

from consumers.failures import place_of
from consumers.intake import Claim, IntakeReader, Unreadable, conflicting, read_claim
from consumers.parking import NEVER, WAITING_LIMIT, OperatorAction, ParkedEvent, ParkedRow, ParkReason
from consumers.registry.domain.known import Await, Kind, Subject
from consumers.registry.domain.rules import looks_at_all, references, subject_of
from consumers.registry.fold import Fold
from consumers.registry.ports import RegistryStores
from consumers.runner.ports import Clock, Outcome, Record, Telemetry

CONSUMER = "registry"
#: How many waiting claims one sweep tries again.
SWEEP_MAX = 1_000


class RegistryHandler:
    """Implements `consumers.runner.ports.Handler` for the registry."""

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self._clock = clock
        self._telemetry = telemetry
        #: The revision at which a sweep found that nothing that waits can be decided.
        self._exhausted_at = -1

    def handle(self, stores: RegistryStores, records: Sequence[Record]) -> None:
        """Apply a batch. Raises what the stores raise, and `ParkFull`."""
        claims, letters = _read(records)
        if claims:
            revision = stores.versions.lock_head()
            screened = stores.claims.screen(claims)
            letters.extend(conflicting(claim) for claim in screened.conflicts)
            self._decide(stores, screened.fresh, revision)
            if screened.duplicates:
                self._telemetry.count(Outcome.DUPLICATE, len(screened.duplicates))
        self._bury(stores, letters)

    def park_failed(self, stores: RegistryStores, record: Record, error: Exception) -> None:
        """Park one record on which `handle` fails by itself; later claims on its subject wait behind it."""
        claims, letters = _read([record])
        if claims:
            stores.versions.lock_head()
            screened = stores.claims.screen(claims)
            letters.extend(conflicting(claim) for claim in screened.conflicts)
            stores.park.park([_parked(claim, ParkReason.FAILED, _failure(error), NEVER) for claim in screened.fresh])
            for claim in screened.fresh:
                _tell(claim, error)
            stores.claims.record(screened.fresh)
            self._telemetry.count(Outcome.PARKED, len(screened.fresh), ParkReason.FAILED)
        self._bury(stores, letters)

    def sweep(self, stores: RegistryStores) -> int:
        """Decide what waits: after new versions, when its time is over, or when an operator says so."""
        now = self._clock.now()
        head = stores.versions.head()
        keys = set(stores.park.due_keys(now, SWEEP_MAX))
        if head != self._exhausted_at:
            keys.update(row.event.key for row in stores.park.waiting(ParkReason.PREDECESSOR, SWEEP_MAX))
        if not keys:
            self._exhausted_at = head
            return 0
        revision = stores.versions.lock_head()
        rows = stores.park.of_keys(keys)
        claims = {row.id: claim for row in rows if (claim := _claim_of(row)) is not None}
        fold = self._fold(stores, claims.values(), revision)
        sweep = _Sweep(fold, stores, claims, rows)
        while sweep.passes_over(rows):
            pass
        sweep.give_up(rows, now)
        self._write(stores, fold)
        if not fold.accepted:
            self._exhausted_at = revision
        return sweep.done

    def _decide(self, stores: RegistryStores, claims: Sequence[Claim], revision: int) -> None:
        fold = self._fold(stores, claims, revision)
        rows = stores.park.of_keys({_key(claim) for claim in claims})
        stuck = {row.event.key for row in rows if row.event.reason in (ParkReason.FAILED, ParkReason.BEHIND)}
        parked: list[ParkedEvent] = []
        room: dict[str, int] = {}
        for claim in claims:
            if _key(claim) in stuck:
                detail = "an earlier claim on the same subject failed"
                parked.append(_parked(claim, ParkReason.BEHIND, detail, NEVER))
                continue
            waits = fold.take(claim)
            if waits is None:
                continue
            topic = claim.record.topic
            left = room[topic] if topic in room else stores.park.room(topic)
            room[topic] = left - 1
            if left > 0:
                parked.append(_parked(claim, ParkReason.PREDECESSOR, waits.detail, fold.gives_up_at(claim)))
            else:
                fold.refuse(claim, _crowded(waits))
        stores.park.park(parked)
        stores.claims.record(claims)
        for event in parked:
            self._telemetry.count(Outcome.PARKED, 1, event.reason)
        self._write(stores, fold)

    def _fold(self, stores: RegistryStores, claims: Iterable[Claim], revision: int) -> Fold:
        subjects: set[Subject] = set()
        kinds = {Kind.POLICY}
        for claim in claims:
            subjects |= references(claim.event)
            kinds |= looks_at_all(claim.event)
        return Fold(stores.versions.known(subjects, kinds), revision, self._clock.business)

    def _write(self, stores: RegistryStores, fold: Fold) -> None:
        if fold.accepted:
            stores.versions.append(fold.accepted)
            stores.limits.put(fold.offices)
        stores.outbox.add(fold.messages)
        for (outcome, reason), events in fold.counts.items():
            self._telemetry.count(outcome, events, reason)

    def _bury(self, stores: RegistryStores, letters: Sequence[Unreadable]) -> None:
        if letters:
            stores.dead_letters.add(CONSUMER, letters)
        for letter in letters:
            self._telemetry.count(Outcome.DEAD_LETTERED, 1, letter.reason)


class _Sweep:
    """Goes over parked rows until nothing changes any more, oldest first; what waits behind a failed claim stays."""

    def __init__(self, fold: Fold, stores: RegistryStores, claims: dict[int, Claim], rows: Sequence[ParkedRow]) -> None:
        self.done = 0
        self._fold = fold
        self._stores = stores
        self._claims = claims
        self._stuck = {row.event.key for row in rows if row.event.reason is ParkReason.FAILED and row.action is None}

    def passes_over(self, rows: Sequence[ParkedRow]) -> bool:
        """Try every row once; say whether something was accepted, so that another pass may decide more."""
        before = len(self._fold.accepted)
        for row in rows:
            claim = self._claims.get(row.id)
            blocked = row.event.key in self._stuck and row.event.reason in (ParkReason.FAILED, ParkReason.BEHIND)
            if claim is None or (blocked and row.action is not OperatorAction.SKIP):
                continue
            if row.action is OperatorAction.SKIP:
                self._let_go(row)
            else:
                self._try(row, claim)
        return len(self._fold.accepted) > before

    def give_up(self, rows: Sequence[ParkedRow], now: datetime) -> None:
        """Refuse what has waited long enough."""
        for row in rows:
            claim = self._claims.get(row.id)
            if claim is None or row.event.reason is not ParkReason.PREDECESSOR or row.event.expires_at > now:
                continue
            try:
                waits = self._fold.take(claim)
                if waits is not None:
                    self._fold.refuse(claim, waits)
            except Exception as error:
                self._keep_as_failed(row, claim, error)
            else:
                self._let_go(row)

    def _try(self, row: ParkedRow, claim: Claim) -> None:
        try:
            waits = self._fold.take(claim)
        except Exception as error:  # a redriven claim may fail again, and must not stop the others
            self._keep_as_failed(row, claim, error)
            return
        if waits is None:
            self._let_go(row)
        elif row.event.reason is not ParkReason.PREDECESSOR or row.action is not None:
            self._stores.park.change(row.id, ParkReason.PREDECESSOR, waits.detail, self._fold.gives_up_at(claim))

    def _keep_as_failed(self, row: ParkedRow, claim: Claim, error: Exception) -> None:
        _tell(claim, error)
        self._stuck.add(row.event.key)
        del self._claims[row.id]
        self._stores.park.change(row.id, ParkReason.FAILED, _failure(error), NEVER)

    def _let_go(self, row: ParkedRow) -> None:
        self._stores.park.remove([row.id])
        del self._claims[row.id]
        self.done += 1


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


def _crowded(waits: Await) -> Await:
    """Return why a claim that would have to wait may not even do that."""
    why = f"{WAITING_LIMIT} claims on this topic wait already; send it anew, with a new id, when fewer do"
    return Await(waits.reason, f"{waits.detail}, and {why}")


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
