"""The requests consumer: one batch of intake records in, one consistent set of rows and log events out.

The order of a batch: read the claims, screen and keep their identities, lock the requests' rows by id, read what waits
for them, bring the registry's view up to date, read the loads, fold, write, and last the load clock and the outbox.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from consumers.failures import place_of
from consumers.intake import Claim, IntakeReader, Unreadable, read_claim
from consumers.letters_told import tell_letters
from consumers.parking import NEVER_YET, ParkedRow, ParkReason, failed_event
from consumers.requests.cases import Case, Waiting, known_case, new_case, waiting_of
from consumers.requests.domain.acts import ActKey, remembered
from consumers.requests.domain.life.lifecycle import REQUEST_CLAIMS
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.life.tracking import CodeBits
from consumers.requests.domain.life.world import BatchWorld, Seeds
from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.fold import Fold, failure
from consumers.requests.horizon import HOLD, NOTHING, Horizon, IntakeRead
from consumers.requests.messages import messages, partitions_by_key
from consumers.requests.ports import IntakeEnds, RequestStores
from consumers.requests.reading import ClaimReader
from consumers.requests.waiting import passed
from consumers.runner.clocks import ClockWatch
from consumers.runner.errors import BrokerUnavailable
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Clock, Telemetry
from consumers.runner.records import Record
from consumers.sweeping import do_divided
from schemas.partition import Place

CONSUMER = "requests"
#: How much one sweep takes on, so that a batch never waits long behind it.
SWEEP_MAX = 500
#: So long the timer of a request rests on which the code fails, in business time; a repaired worker then finds it.
REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Due:
    """What one sweep found: locked requests, everything parked of them and of acts, and where the registry is.

    Timers fire and waits end up to `horizon`.
    """

    horizon: Horizon
    states: Mapping[UUID, RequestState]
    rows: Sequence[ParkedRow]
    registry: Mapping[str, int]


class RequestsHandler:
    """Implements `consumers.runner.ports.Handler` for requests. Keeps the registry's view between batches.

    `seeds` gives the seed of a routing attempt from the secret, `code_bits` the randomness of a tracking code; `ends`
    asks the broker, only for services that nobody knows; `reader` may have read the records ahead. Time is the
    database's; while `watch` is in doubt, no timer fires and no wait ends by time.
    """

    def __init__(
        self,
        seeds: Seeds,
        code_bits: CodeBits,
        clock: Clock,
        watch: ClockWatch,
        telemetry: Telemetry,
        ends: IntakeEnds,
        reader: ClaimReader | None = None,
    ) -> None:
        self._seeds = seeds
        self._code_bits = code_bits
        self._clock = clock
        self._watch = watch
        self._telemetry = telemetry
        self._ends = ends
        self._reader = reader or ClaimReader()
        self._view = RegistryView.empty()
        self._intake = IntakeRead()
        #: The database's time as it was read last.
        self._shown = NEVER_YET
        self._log = structlog.get_logger(CONSUMER)

    def handle(self, stores: RequestStores, records: Sequence[Record]) -> Collection[Place]:
        """Apply a batch. Raises what the stores raise, `ParkFull`, and whatever the code fails with on one claim."""
        claims, letters = self._read(records)
        screened = stores.claims.screen(claims)
        letters.extend(screened.letters)
        stores.claims.record(screened.fresh)
        fold = self._fold_of_claims(stores, screened.fresh)
        self._hear(records)
        fold.times = self._watch.doubt is None
        for claim in screened.fresh:
            fold.take(claim)
        self._write(stores, fold)
        new = self._bury(stores, letters)
        self._count(fold, len(screened.duplicates) + len(letters) - len(new), new)
        return fold.decided_in

    def park_failed(self, stores: RequestStores, record: Record, error: Exception) -> None:
        """Park one record on which `handle` fails by itself; later claims of its request wait behind it."""
        claims, letters = self._read([record])
        screened = stores.claims.screen(claims)
        letters.extend(screened.letters)
        stores.claims.record(screened.fresh)
        fold = self._fold_of_claims(stores, screened.fresh)
        for claim in screened.fresh:
            request_id = request_of(claim)
            if request_id is None:
                key = f"{claim.envelope.source} {claim.envelope.id}"
                stores.park.park([failed_event(key, failure(error), record)])
                self._telemetry.count(Outcome.PARKED, 1, ParkReason.FAILED)
                self._tell(claim, error)
            else:
                fold.park_failed(fold.cases.setdefault(request_id, new_case(request_id)), claim, error)
        self._write(stores, fold)
        new = self._bury(stores, letters)
        self._count(fold, len(screened.duplicates) + len(letters) - len(new), new)

    def sweep(self, stores: RequestStores) -> int:
        """Do what is due by itself: timers, waits and rests that ended, operators' decisions. Never waits for a row.

        A request on which the code fails is set aside and does not hold the others up.
        """
        horizon = self._horizon(stores)
        due = stores.requests.lock_due(horizon, SWEEP_MAX)
        keys = set(stores.park.due_keys(horizon.latest, SWEEP_MAX))
        waiting = stores.park.waiting(ParkReason.REGISTRY, SWEEP_MAX)
        registry = stores.registry.positions() if waiting else {}
        keys.update(row.event.key for row in waiting if passed(row.event, registry))
        if not due and not keys:
            return 0
        ids = {request_id for request_id in map(_uuid, keys) if request_id is not None}
        states = {**due, **stores.requests.lock_free(ids - due.keys())}
        # Acts belong to no locked row, so their parked events are locked themselves.
        acts = stores.park.lock_free(sorted(key for key in keys if _uuid(key) is None))
        requests = [str(request_id) for request_id in states]
        found = _Due(horizon, states, [*stores.park.of_keys(requests), *acts], registry)
        subjects = [*requests, *dict.fromkeys(row.event.key for row in acts)]
        examine, set_aside = partial(self._examine, stores, found), partial(self._set_aside, stores, found)
        return do_divided(subjects, stores.attempt, examine, set_aside) or 0

    def _horizon(self, stores: RequestStores) -> Horizon:
        """Return up to when timers may fire and waits end. Asks the broker only when something is due."""
        now = self._now(stores)
        if self._watch.doubt:
            return NOTHING
        hold = self._clock.business(self._shown) - self._clock.business(self._shown - HOLD)
        due = stores.requests.first_due()
        if due is None or due > now:
            return Horizon(now, now - hold)
        if self._intake.may_ask:
            # In this order: what is not on the way any more is in the log when its ends are asked for.
            waits = stores.outbox.on_the_way()
            on_the_way = {topic: self._clock.business(since) for topic, since in waits.items()}
            with suppress(BrokerUnavailable):
                self._intake.ended(self._ends.all_ends_now(), now, self._shown, on_the_way)
        self._intake.passed(stores.requests.read_to())
        return self._intake.horizon(now - hold)

    def _now(self, stores: RequestStores) -> datetime:
        """Bring the registry's view up to date, and return the business time by the database's clock."""
        asked_at = self._watch.asks()
        revision, database = stores.registry.head_and_time()
        self._watch.shown(asked_at, database)
        self._shown = database
        if revision > self._view.revision:
            self._view = self._view.with_entries(stores.registry.since(self._view.revision))
        return self._clock.at(database)

    def _hear(self, records: Sequence[Record]) -> None:
        """Compare the broker's clock with the database's, by the newest record of each partition."""
        newest = {(record.topic, record.partition): record for record in records}
        self._watch.heard({record.place: record for record in newest.values()}, self._intake.seen, self._shown)

    def _examine(self, stores: RequestStores, due: _Due, subjects: Sequence[str]) -> int:
        wanted = frozenset(subjects)
        cases = {one: known_case(state) for one, state in due.states.items() if str(one) in wanted}
        rows = [row for row in due.rows if row.event.key in wanted]
        acts = _hand_out(rows, cases)
        fold = self._fold(stores, cases, _claims_of(acts))
        for case in cases.values():
            fold.examine(case, due.registry, due.horizon)
        for act in acts:
            fold.take_up(act)
        self._write(stores, fold, acts)
        for key, signal, topic in fold.unread:
            self._log.error(
                "a deadline fires before intake is read", request_id=_uuid(key), kind=signal.value, topic=topic
            )
        self._telemetry.unread_deadlines(len(fold.unread))
        return fold.done

    def _set_aside(self, stores: RequestStores, due: _Due, subject: str, error: Exception) -> None:
        """Let a timer rest, and keep as failed what was due of the waiting claims."""
        rows = [row for row in due.rows if row.event.key == subject and _is_due(row, due.horizon.latest, due.registry)]
        stores.park.keep([row.with_failure(failure(error)) for row in rows])
        request_id, signal = _uuid(subject), None
        if request_id is not None:
            stores.requests.rest(request_id, self._now(stores) + REST)
            signal = due.states[request_id].overdue(due.horizon.latest)
        self._telemetry.rolled_back(Setback.HANDLER_FAILED)
        self._log.error(
            "set aside: the sweep fails on it",
            request_id=request_id,
            cause="parked" if signal is None else signal.value,
            error=type(error).__name__,
            where=place_of(error),
        )

    def _read(self, records: Sequence[Record]) -> tuple[list[Claim], list[Unreadable]]:
        claims: list[Claim] = []
        letters: list[Unreadable] = []
        for record in records:
            read = self._reader.read(record)
            if isinstance(read, Claim):
                claims.append(read)
            elif isinstance(read, Unreadable):
                letters.append(read)
        return claims, letters

    def _fold_of_claims(self, stores: RequestStores, claims: Sequence[Claim]) -> Fold:
        """Lock the requests that `claims` are about and return the fold that decides on them."""
        ids: set[UUID] = set()
        acts: list[Claim] = []
        for claim in claims:
            request_id = request_of(claim)
            if request_id is None:
                acts.append(claim)
            else:
                ids.add(request_id)
        cases = {request_id: known_case(state) for request_id, state in stores.requests.lock(ids).items()}
        # A claim can only wait for a request that has a row.
        rows = stores.park.of_keys([case.key for case in cases.values()]) if cases else []
        _hand_out(rows, cases)
        return self._fold(stores, cases, acts)

    def _fold(self, stores: RequestStores, cases: dict[UUID, Case], acts: Iterable[Claim]) -> Fold:
        """Return the fold over `cases` and `acts`, which are about no request.

        It decides on loads that others may change; caps are compared in the end.
        """
        now = self._now(stores)
        revision, positions = stores.positions.read()
        world = BatchWorld(
            self._view,
            Loads(revision, {office: position.load for office, position in positions.items()}),
            {office: position.cap_rial for office, position in positions.items()},
            self._seeds,
            self._code_bits,
        )
        keys: list[ActKey] = [key for claim in acts for key in remembered(claim.event)]
        known: Mapping[ActKey, str] = stores.acts.known(keys) if keys else {}
        return Fold(world, cases, known, now, self._clock.business, self._ends.ends_now, stores.park.room)

    def _write(self, stores: RequestStores, fold: Fold, other: Collection[Waiting] = ()) -> None:
        """Write everything that `fold` decided; the load clock and the outbox come last."""
        for claim, error in fold.failures:
            self._tell(claim, error)
        changed = [case for case in fold.cases.values() if case.changed]
        stores.requests.insert(_states(case for case in changed if not case.stored), fold.now)
        stores.requests.update(_states(case for case in changed if case.stored), fold.now)
        self._write_park(stores, fold, other)
        if fold.new_acts:
            stores.acts.record(fold.new_acts)
        if fold.decided:
            changes, partitions = fold.world.changes(), partitions_by_key(fold.decided)
            revision = stores.positions.change(changes, fold.world.reserved_under_rial()) if changes else None
            stores.outbox.add(messages(fold.decided, partitions, revision))

    def _tell(self, claim: Claim, error: Exception) -> None:
        """Log that `claim` is kept as failed: which request, what was said, and where the code failed."""
        self._log.error(
            "claim parked: the code fails on it",
            request_id=request_of(claim),
            event_type=claim.envelope.type,
            error=type(error).__name__,
            where=place_of(error),
        )

    def _write_park(self, stores: RequestStores, fold: Fold, other: Collection[Waiting]) -> None:
        stores.park.park([waiting.event for waiting in fold.parked if not waiting.gone])
        gone: list[int] = []
        skipped: list[int] = []
        kept: list[ParkedRow] = []
        for waiting in (*(one for case in fold.cases.values() for one in case.waiting), *other):
            if waiting.row is None:
                continue
            if waiting.gone:
                (skipped if waiting.skipped else gone).append(waiting.row.id)
            elif waiting.changed:
                kept.append(replace(waiting.row, event=waiting.event))
        stores.park.remove(gone)
        stores.park.skip(skipped)
        stores.park.keep(kept)

    def _bury(self, stores: RequestStores, letters: Sequence[Unreadable]) -> Sequence[Unreadable]:
        """Keep dead letters, and tell whoever spoke; return those that are new."""
        new = stores.dead_letters.add(CONSUMER, letters) if letters else letters
        tell_letters(stores.dead_letters, stores.outbox, new, self._clock.business)
        return new

    def _count(self, fold: Fold, duplicates: int, letters: Sequence[Unreadable]) -> None:
        if fold.handled:
            self._telemetry.count(Outcome.HANDLED, fold.handled)
        for (outcome, reason), events in fold.counts.items():
            self._telemetry.count(outcome, events, reason)
        if duplicates:
            self._telemetry.count(Outcome.DUPLICATE, duplicates)
        for letter in letters:
            self._telemetry.count(Outcome.DEAD_LETTERED, 1, letter.reason)


def request_of(claim: Claim) -> UUID | None:
    """Return the request that `claim` is about, or none when it is an act of its own."""
    if type(claim.event) not in REQUEST_CLAIMS:
        return None
    request_id = getattr(claim.event, "request_id", None)
    assert isinstance(request_id, UUID), "every claim on a request names it"
    return request_id


def _hand_out(rows: Iterable[ParkedRow], cases: Mapping[UUID, Case]) -> list[Waiting]:
    """Give every parked row to its case; return those that belong to none."""
    others: list[Waiting] = []
    for row in rows:
        request_id = _uuid(row.event.key)
        if request_id is None:
            others.append(waiting_of(row))
        else:
            cases[request_id].waiting.append(waiting_of(row))
    return others


def _claims_of(waiting: Iterable[Waiting]) -> list[Claim]:
    read = (read_claim(one.event.record, IntakeReader.REQUESTS) for one in waiting)
    return [claim for claim in read if isinstance(claim, Claim)]


def _is_due(row: ParkedRow, now: datetime, registry: Mapping[str, int]) -> bool:
    ended = row.event.reason is ParkReason.REGISTRY and passed(row.event, registry)
    return ended or row.to_try or row.to_skip or row.event.expires_at <= now


def _states(cases: Iterable[Case]) -> list[RequestState]:
    return [case.state for case in cases]


def _uuid(key: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(key)
    return None
