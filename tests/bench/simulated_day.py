"""The demonstration's day in memory: the real plan, actors and rules, without broker, database and real time.

A day takes seconds, so that many settings of the policy can be compared on the same arrivals.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID

from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply
from consumers.requests.domain.life.state import RequestState, Signal, Speaker, unknown
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.loads import Loads, position_changes
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.seeds import seed_for
from consumers.requests.waiting import speaker_of
from consumers.settlement.domain.booking import transaction_id_of
from consumers.settlement.domain.fold import fold
from deploy.demo.actors import DemoAct, FollowedRequest, react
from deploy.demo.order import DayOrder
from schemas import log_requests as log
from schemas.base import Event
from schemas.identity import derived_id
from schemas.log_registry import RegistryEntry
from schemas.speakers import SpeakerKind
from tests.kit.values.builders import code_bits

#: So much later the day ends, whatever is still open.
EVENING = timedelta(hours=8)
#: What is told of every event as it happens: the event and its business time.
Listener = Callable[[Event, datetime], None]


@dataclass
class SimulatedDay:
    """Plays `order` under the registry of `entries`, without any delay of the bus; `secret` makes the seeds."""

    order: DayOrder
    entries: Sequence[RegistryEntry]
    opens_at: datetime
    listen: Listener
    secret: bytes = b"a secret of simulated days"
    not_applied: int = 0
    _due: list[tuple[datetime, int, DemoAct | UUID]] = field(default_factory=list)
    _number: "count[int]" = field(default_factory=count)
    _states: dict[UUID, RequestState] = field(default_factory=dict)
    _cases: dict[UUID, FollowedRequest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        view = RegistryView.empty().with_entries(self.entries)
        caps = {code: facts.cap_rial for code, facts in view.at(self.opens_at).offices.items()}
        self.loads = Loads(0, {})
        self._world = BatchWorld(view, self.loads, caps, partial(seed_for, self.secret), code_bits)

    def play(self) -> None:
        """Play until nothing is due any more, or the evening has come."""
        for arrival in self.order.arrivals:
            self._put(self.opens_at + timedelta(seconds=arrival.at_seconds), DemoAct(0, arrival.source, arrival.claim))
        ends_at = self.opens_at + timedelta(seconds=max(one.at_seconds for one in self.order.arrivals)) + EVENING
        while self._due and self._due[0][0] <= ends_at:
            moment, _, due = heapq.heappop(self._due)
            if isinstance(due, UUID):
                self._time_passes(due, moment)
            else:
                self._say(due, moment)

    def _say(self, act: DemoAct, moment: datetime) -> None:
        request_id: UUID = act.claim.request_id  # type: ignore[attr-defined]  # actors speak of requests alone
        self._move(request_id, act.claim, _speaker(act.source), moment)

    def _time_passes(self, request_id: UUID, moment: datetime) -> None:
        signal = self._states[request_id].overdue(moment)
        if signal is not None:
            self._move(request_id, signal, Speaker(), moment)

    def _move(self, request_id: UUID, claim: Event | Signal, speaker: Speaker, moment: datetime) -> None:
        state = self._states.get(request_id) or unknown(request_id)
        context = Context(speaker, moment, moment, self._world, registry_complete=True)
        outcome = transition(state, claim, context)
        if not isinstance(outcome, Apply):
            self.not_applied += 1
            return
        self._states[request_id] = outcome.state
        for sequence, event in enumerate(outcome.events, start=state.version + 1):
            self._world.apply(event, moment)
            self._settle(event, sequence, moment)
            self.listen(event, moment)
            for then in react(self.order.seed, self._case(outcome.state, event), sequence, event):
                self._put(moment + timedelta(seconds=then.after_seconds), then)
        if outcome.state.due_at not in (None, state.due_at):
            self._put(outcome.state.due_at, request_id)

    def _settle(self, event: Event, sequence: int, moment: datetime) -> None:
        """Let the ledger's part of the loads follow at once."""
        booking = fold(event, transaction_id_of(derived_id("/bus", str(id(event)), sequence)), 1)
        if booking is not None:
            for change in position_changes(booking.announcement, moment):
                self.loads.apply(change)

    def _case(self, state: RequestState, event: log.RequestLogEvent) -> FollowedRequest:
        known = self._cases.get(state.request_id)
        if known is None:
            asked = state.asked()
            known = FollowedRequest(state.agency or "", asked.origin, asked.service in self.order.answered_services)
        answers = known.answers + isinstance(event, log.AgencyReplied)
        known = self._cases[state.request_id] = replace(known, office=state.office or known.office, answers=answers)
        return known

    def _put(self, moment: datetime, due: DemoAct | UUID) -> None:
        heapq.heappush(self._due, (moment, next(self._number), due))


def _speaker(source: str) -> Speaker:
    kind, code = source.strip("/").split("/")
    return speaker_of(SpeakerKind.AGENCY if kind == "agencies" else SpeakerKind.OFFICE, code)
