"""The fold of one batch: claims and signals in, decided log events and changed cases out. Nothing is read or written.

Claims of one request apply in the order of arrival; one that waits for another party is tried again whenever something
of its request applied. Behind a claim on which the code failed, everything of its request waits.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from consumers.intake import Claim
from consumers.parking import NEVER, ParkedEvent, ParkReason, Room, failed_event
from consumers.requests.cases import Case, Decided, Waiting, act_decided, decided, new_case
from consumers.requests.domain.acts import ActKey, act
from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.deadlines import passed_before
from consumers.requests.domain.life.lifecycle import REQUEST_CLAIMS, transition
from consumers.requests.domain.life.opening import cancel_before_routing
from consumers.requests.domain.life.outcome import Apply, Await, AwaitReason, Refuse, TakeBack
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker, with_form
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.horizon import Horizon
from consumers.requests.messages import SOURCE
from consumers.requests.waiting import (
    claim_of,
    is_called,
    outrun,
    passed,
    refused,
    speaker_of,
    taken_back,
    unread_topic,
    waited_for_registry,
    waiting_before,
    waits_until,
)
from consumers.runner.errors import ParkFull
from consumers.runner.outcomes import Outcome as Counted
from schemas.base import Event
from schemas.identity import derived_id
from schemas.intake_agency import ClaimWithdrawn, RequestSubmitted
from schemas.log_requests import ClaimRefusal, RequestLogEvent, RequestRefused
from schemas.partition import Place
from schemas.topics import LOG_REQUESTS

#: Claims that may wait for one request.
WAITING_MAX = 100
_OUTRUN = "said too early, before this desk submitted the request; say it again"
#: How many bytes their bodies may have together: they are read again with every claim on the request.
#: A submission with the largest body of all and a hundred ordinary claims behind it fit.
WAITING_BYTES_MAX = 256 * 1024
#: Where the intake topics of an agency (none: of all) and of the directorate end now.
Ends = Callable[[str | None], Mapping[str, int]]


class Fold:
    """Moves `cases` on by claims and signals. Afterwards everything to write is in its attributes.

    `business` turns the broker's time into business time. `acts` holds the acts that happened before. `room` says how
    many more claims of a topic, and of how many bytes, may wait.
    """

    def __init__(
        self,
        world: BatchWorld,
        cases: dict[UUID, Case],
        acts: Mapping[ActKey, str],
        now: datetime,
        business: Callable[[datetime], datetime],
        ends: Ends,
        room: Callable[[str], Room],
    ) -> None:
        self.cases = cases
        self.decided: list[Decided] = []
        self.new_acts: dict[ActKey, str] = {}
        self.parked: list[Waiting] = []
        self.failures: list[tuple[Claim, Exception]] = []
        self.decided_in: set[Place] = set()
        self.handled = 0
        self.counts: Counter[tuple[Counted, StrEnum]] = Counter()
        self.done = 0
        #: Deadlines that fired before intake was read up to them: of which request, which, what was unread.
        self.unread: list[tuple[str, Signal, str]] = []
        self.times = True  # Whether a claim lets a deadline fire that it came after: not while nobody knows the time.
        self.world = world
        self._acts = dict(acts)
        self.now = now
        self._business = business
        self._ends = ends
        self._room = room
        self._room_left: dict[str, Room] = {}
        self._ends_seen: dict[str | None, Mapping[str, int]] = {}

    def take(self, claim: Claim) -> None:
        """Decide on one fresh claim. An exception means that the code failed on this very claim."""
        if type(claim.event) not in REQUEST_CLAIMS:
            self._act(claim)
            return
        request_id: UUID = claim.event.request_id  # type: ignore[attr-defined]  # every claim on a request names it
        case = self.cases.get(request_id)
        if case is None:
            case = self.cases[request_id] = new_case(request_id)
        elif case.waiting and case.blocked and not isinstance(claim.event, ClaimWithdrawn):
            self._park(case, claim, ParkReason.BEHIND, "an earlier claim of this request failed", NEVER)
            self.counts[Counted.PARKED, ParkReason.BEHIND] += 1
            return
        context = self._context(claim, case)
        fired = self._fire_before(case, context)
        outcome = transition(case.state, claim.event, context)
        self.decided_in.add(claim.record.place)
        if isinstance(outcome, Apply):
            self._emit(case, outcome, claim.envelope.source, claim.envelope.id, context.moment)
            self._refuse_outrun(case, claim)
            last = outcome.events[-1]
            if isinstance(last, RequestRefused):
                self.counts[Counted.REFUSED, last.reason] += 1
            else:
                self.handled += 1
            if case.waiting:
                self._retry(case)
        elif isinstance(outcome, Refuse):
            self._refuse(case, claim, outcome)
            self.counts[Counted.REFUSED, outcome.reason] += 1
        elif isinstance(outcome, TakeBack):
            self._take_back(case, claim, outcome)
            self.handled += 1
        else:
            self._await(case, claim, outcome)
            if outcome.state is not None:
                # A request that waits for the registry can be cancelled already.
                self._retry(case)
        if fired and case.waiting:
            self._retry(case)

    def examine(self, case: Case, registry: Mapping[str, int], horizon: Horizon) -> None:
        """Do what is due of one case by itself: timers, waits that ended, operators' decisions.

        `registry` holds the positions that the registry has passed. Timers fire and waits end up to `horizon`.
        """
        until = horizon.of(case.state.agency)
        while (signal := case.state.overdue(horizon.floor if case.blocked else until)) is not None:
            self._time(case, signal, unread_topic(case, horizon))
        for waiting in list(case.waiting):
            if not waiting.gone:
                self._examine_waiting(case, waiting, registry, until)
        self._retry(case)

    def take_up(self, waiting: Waiting) -> None:
        """Try a failed act again, or give it up, when its time has come. An act belongs to no request."""
        if waiting.to_try:
            try:
                self._act(claim_of(waiting))
            except Exception as error:
                self._failed(waiting, error)
            else:
                self._let_go(waiting)
        elif waiting.to_skip:
            self._let_go(waiting, skipped=True)

    def park_failed(self, case: Case, claim: Claim, error: Exception) -> None:
        """Park a claim on which the code failed; later ones of its request wait behind it."""
        self._keep(case, claim, failed_event(case.key, failure(error), claim.record))
        self.failures.append((claim, error))
        self.counts[Counted.PARKED, ParkReason.FAILED] += 1

    def _context(self, claim: Claim, case: Case, until: Waiting | None = None) -> Context:
        """Return the circumstances of a claim on the request of `case`, which waits itself when `until` is given."""
        speaker = speaker_of(claim.speaker_kind, claim.speaker_code)
        return Context(speaker, self._moment(claim), self.now, self.world, waiting=waiting_before(case, until))

    def _moment(self, claim: Claim) -> datetime:
        return self.world.moment(claim.envelope.time, self._business(claim.record.appended_at))

    def _emit(self, case: Case, outcome: Apply, source: str, event_id: str, time: datetime) -> None:
        sequence, key, world = case.state.version, case.key, self.world
        for number, event in enumerate(outcome.events):
            sequence += 1
            self.decided.append(decided(event, derived_id(source, event_id, number), key, time, sequence))
            world.apply(event, time)
        case.state = outcome.state
        case.changed = True
        if case.waiting and outcome.state.stage is not RequestStage.PARKED:
            for waiting in case.waiting:
                # The submission that waited for the registry is what was applied, or cancelled.
                waiting.gone = waiting.gone or waiting.event.reason is ParkReason.REGISTRY

    def _signal(self, case: Case, signal: Signal, source: str, event_id: str, unread: str | None = None) -> None:
        context = Context(Speaker(), self.now, self.now, self.world, registry_complete=True, intake_unread=unread)
        outcome = transition(case.state, signal, context)
        assert isinstance(outcome, Apply), "a signal always applies"
        due = case.state.expires_at if signal is Signal.EXPIRED else None
        self._emit(case, outcome, source, event_id, due or self.now)
        self.done += 1

    def _time(self, case: Case, signal: Signal, unread: str | None = None) -> None:
        """Let a deadline fire."""
        self.unread += [] if unread is None else [(case.key, signal, unread)]
        self._signal(case, signal, SOURCE, f"{case.key}/{signal.value}/{case.state.version}", unread)

    def _fire_before(self, case: Case, context: Context) -> bool:
        """Let the deadlines fire that a claim came after; say whether any did."""
        before = self.done
        while self.times and (signal := passed_before(case.state, context.speaker, context.moment)) is not None:
            self._time(case, signal)
        return self.done > before

    def _refuse(self, case: Case, claim: Claim, refusal: Refuse) -> None:
        """Log a refusal: in the request's own order once it is opened, before that as an act of its own."""
        if case.state.version == 0:
            detail = f"request {case.key}: {refusal.detail}"
            self._log_act(claim, (refused(claim, Refuse(refusal.reason, detail), None),))
            return
        self._note(case, claim, Apply(case.state, ()), refused(claim, refusal, case.state.request_id))

    def _note(self, case: Case, claim: Claim, outcome: Apply, event: Event) -> None:
        """Log `outcome` of `claim`, and `event` behind it, in the order of an opened request."""
        state = outcome.state.model_copy(update={"version": outcome.state.version + 1})
        events = (*outcome.events, cast("RequestLogEvent", event))
        self._emit(case, Apply(state, events), claim.envelope.source, claim.envelope.id, self._moment(claim))

    def _take_back(self, case: Case, claim: Claim, outcome: TakeBack) -> None:
        """Let what waits go, as its speaker says, and refuse what waits behind it."""
        waiting = next(one for one in case.waiting if is_called(one, outcome.claim_id, claim))
        taken = claim_of(waiting)
        if waiting.event.reason is ParkReason.REGISTRY:
            assert isinstance(claim.event, ClaimWithdrawn), "the table says who takes back"
            # What waits is the request itself, so it is opened and refused in one go.
            closed = cancel_before_routing(case.state, claim.event, self._context(claim, case))
            self._note(case, claim, closed, taken_back(taken, case.state.request_id))
        else:
            self._let_go(waiting)
            self._refuse(case, taken, Refuse(ClaimRefusal.WITHDRAWN, "who said it has taken it back"))
            if case.state.version == 0:
                self._log_act(claim, (taken_back(taken, None),))
            else:
                self._note(case, claim, Apply(case.state, ()), taken_back(taken, case.state.request_id))
        self._retry(case)

    def _await(self, case: Case, claim: Claim, outcome: Await) -> None:
        detail = self._crowd(case, claim)
        if detail is not None:
            self._refuse(case, claim, Refuse(ClaimRefusal.TOO_MANY_WAIT, f"{outcome.detail}, and {detail}"))
            self.counts[Counted.REFUSED, ClaimRefusal.TOO_MANY_WAIT] += 1
            return
        waiting = self._park(case, claim, ParkReason.PREDECESSOR, outcome.detail, self._expiry(claim))
        self._hold(case, waiting, outcome)
        self.counts[Counted.PARKED, waiting.event.reason] += 1

    def _crowd(self, case: Case, claim: Claim) -> str | None:
        """Return why `claim` may not even wait, or take a place for it."""
        if case.waiting and case.waiting_now >= WAITING_MAX:
            return f"{WAITING_MAX} claims wait for this request already; send the missing ones first"
        waiting_bytes = sum(len(one.event.record.value or b"") for one in case.waiting if not one.gone)
        if case.waiting and waiting_bytes + len(claim.record.value or b"") > WAITING_BYTES_MAX:
            return f"claims of {WAITING_BYTES_MAX // 1024} KiB would wait for this request; send the missing ones first"
        topic = claim.record.topic
        left = (self._room_left.get(topic) or self._room(topic)).less(claim.record)
        if left.lack is None:
            self._room_left[topic] = left
        return left.lack

    def _hold(self, case: Case, waiting: Waiting, outcome: Await) -> None:
        """Let `waiting` wait for what `outcome` says."""
        reason, wait_for = ParkReason.PREDECESSOR, None
        if outcome.reason is AwaitReason.REGISTRY:
            assert outcome.state is not None, "a request that waits for the registry says so in its row"
            reason, wait_for = ParkReason.REGISTRY, self._ends_of(outcome.state.agency)
            case.state, case.changed = outcome.state, True
            self._refuse_outrun(case, claim_of(waiting), waiting)
        expires_at = self._expiry(claim_of(waiting))
        waiting.change(
            replace(waiting.event, reason=reason, detail=outcome.detail, expires_at=expires_at, wait_for=wait_for)
        )

    def _refuse_outrun(self, case: Case, claim: Claim, until: Waiting | None = None) -> None:
        for waiting in outrun(case, claim, until) if case.waiting else ():
            self._let_go(waiting)
            self._refuse(case, claim_of(waiting), Refuse(ClaimRefusal.TOO_EARLY, _OUTRUN))

    def _park(self, case: Case, claim: Claim, reason: ParkReason, detail: str, expires_at: datetime) -> Waiting:
        if reason is ParkReason.BEHIND and case.waiting_now >= WAITING_MAX:
            raise ParkFull(f"request {case.key}: {WAITING_MAX} claims wait; redrive or skip the one that failed")
        return self._keep(case, claim, ParkedEvent(case.key, reason, detail, claim.record, expires_at))

    def _keep(self, case: Case, claim: Claim, event: ParkedEvent) -> Waiting:
        waiting = Waiting(event, claim=claim)
        case.waiting.append(waiting)
        self.parked.append(waiting)
        # Even without a submission the request gets a row, so that a racing one meets it and waits its turn.
        case.changed = case.changed or not case.stored
        return waiting

    def _retry(self, case: Case) -> None:
        """Try the waiting claims in order of arrival, from the first again after each that applied.

        What came after a claim on which the code failed is not tried.
        """
        again = True
        while again:
            again = False
            for waiting in list(case.waiting):
                again = not waiting.failed and self._try(case, waiting)
                if again or waiting.failed:
                    break

    def _try(self, case: Case, waiting: Waiting) -> bool:
        """Try one waiting claim; return whether it moved the request on, so that earlier ones may now fit."""
        if waiting.gone or waiting.event.reason not in (ParkReason.PREDECESSOR, ParkReason.BEHIND):
            return False
        claim = claim_of(waiting)
        try:
            context = self._context(claim, case, waiting)
            fired = self._fire_before(case, context)
            outcome = transition(case.state, claim.event, context)
        except Exception as error:
            # The claim at fault is the waiting one, not the one that woke it.
            self._failed(waiting, error)
            return False
        if isinstance(outcome, Await):
            if waiting.event.reason is ParkReason.BEHIND or waiting.event.detail != outcome.detail:
                self._hold(case, waiting, outcome)
                return fired or outcome.state is not None
            return fired
        self._let_go(waiting)
        if isinstance(outcome, Refuse):
            self._refuse(case, claim, outcome)
            return fired
        if isinstance(outcome, TakeBack):
            self._take_back(case, claim, outcome)
            return True
        self._emit(case, outcome, claim.envelope.source, claim.envelope.id, context.moment)
        self._refuse_outrun(case, claim, waiting)
        return True

    def _examine_waiting(self, case: Case, waiting: Waiting, registry: Mapping[str, int], until: datetime) -> None:
        event, overdue = waiting.event, waiting.event.expires_at <= until
        if waiting.to_try and waited_for_registry(case, claim_of(waiting)):
            # Set aside while the request waited for the registry, so the wait is over.
            waiting.change(replace(event, reason=ParkReason.REGISTRY))
            self._resume(case, waiting)
        elif event.reason is ParkReason.REGISTRY:
            if overdue or waiting.to_try or waiting.to_skip or passed(event, registry):
                self._resume(case, waiting)
        elif waiting.to_skip:
            self._let_go(waiting, skipped=True)
        elif waiting.to_try:
            # No longer failed, so it is tried in its turn with everything that waits behind it.
            waiting.change(replace(event, reason=ParkReason.BEHIND, detail="is tried again", expires_at=NEVER))
        elif event.reason is ParkReason.PREDECESSOR and overdue:
            self._let_go(waiting)
            detail = f"{event.detail}; it did not come in time, say this again when it has come"
            self._refuse(case, claim_of(waiting), Refuse(ClaimRefusal.PREDECESSOR_NEVER_CAME, detail))

    def _let_go(self, waiting: Waiting, *, skipped: bool = False) -> None:
        waiting.gone, waiting.skipped = True, skipped
        self.done += 1

    def _resume(self, case: Case, waiting: Waiting) -> None:
        claim = claim_of(waiting)
        assert isinstance(claim.event, RequestSubmitted), "only a submission waits for the registry"
        case.state = with_form(case.state, claim.event)
        self._signal(case, Signal.REGISTRY_READ, claim.envelope.source, claim.envelope.id)

    def _act(self, claim: Claim) -> None:
        moment = self._moment(claim)
        outcome = act(claim.event, self._acts, self.world.snapshot(moment), LOG_REQUESTS.partitions)
        self.decided_in.add(claim.record.place)
        if isinstance(outcome, Refuse):
            self._log_act(claim, (refused(claim, outcome, None),))
            self.counts[Counted.REFUSED, outcome.reason] += 1
            return
        self._log_act(claim, outcome.events)
        if outcome.once is not None:
            self._acts[outcome.once] = self.new_acts[outcome.once] = outcome.content
        self.handled += 1

    def _log_act(self, claim: Claim, events: tuple[Event, ...]) -> None:
        # All or nothing: after a failure here the caller continues with the batch.
        self.decided += [act_decided(claim, number, event, self._moment(claim)) for number, event in enumerate(events)]

    def _failed(self, waiting: Waiting, error: Exception) -> None:
        waiting.fail(failure(error))
        self.failures.append((claim_of(waiting), error))

    def _expiry(self, claim: Claim) -> datetime:
        return waits_until(claim, self.world.snapshot(self.now).policy, self.now, self._business)

    def _ends_of(self, agency: str | None) -> Mapping[str, int]:
        if agency not in self._ends_seen:
            self._ends_seen[agency] = self._ends(agency)
        return self._ends_seen[agency]


def failure(error: Exception) -> str:
    """Return what an operator may read of a failure: its class alone, because its text may hold a citizen's data."""
    return f"the code failed with {type(error).__name__}; see the worker's log"
