"""Play a planned day: submit arrivals when they are due, follow the requests' log, and let the actors answer it.

The loop knows only ports: a clock, a mouth that publishes claims, and an ear on the requests' log. Its speed is the
clock's; it never looks into the database.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Event as Signal
from uuid import UUID

from consumers.logs import read_log
from consumers.runner.records import Record
from deploy.demo.actors import DemoAct, FollowedRequest, react
from deploy.demo.plan import PlannedArrival
from schemas import log_requests as log
from schemas.base import Event
from schemas.intake_agency import Origin
from schemas.late_cash import LateCashTaken

#: How many claims go out in one batch at most.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Spoken:
    """A claim on its way to its intake topic."""

    source: str
    event: Event
    time: datetime


@dataclass(slots=True)
class Day:
    """One day in play.

    `speak` makes claims durable or raises; `hear` waits up to the given seconds for records of the requests' log.
    """

    seed: int
    opens_at: datetime
    now: Callable[[], datetime]
    speak: Callable[[Sequence[Spoken]], None]
    hear: Callable[[float], Sequence[Record]]
    needs_answer: Callable[[str], bool]
    spoken: int = 0
    heard: int = 0
    #: Business seconds from when each request was due to when the bus was heard to have it.
    taken_in_after: list[float] = field(default_factory=list)
    _cases: dict[UUID, FollowedRequest] = field(default_factory=dict)
    _due: list[tuple[datetime, int, DemoAct]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def plan(self, arrivals: Sequence[PlannedArrival]) -> None:
        """Put arrivals on the agenda."""
        for arrival in arrivals:
            self._put(self.opens_at + timedelta(seconds=arrival.at_seconds), DemoAct(0, arrival.source, arrival.claim))

    @property
    def agenda(self) -> int:
        """Return how many claims are still to be made."""
        return len(self._due)

    @property
    def open_cases(self) -> int:
        """Return how many requests of this day have not ended."""
        return len(self._cases)

    def run(self, stop: Signal, is_over: Callable[[], bool]) -> None:
        """Play until `stop` is set, or nothing is due and `is_over` says so."""
        while not stop.is_set():
            self._speak_due()
            records = self.hear(0.02)
            for record in records:
                self._react(record)
            if not self._due and not records and is_over():
                return

    def _speak_due(self) -> None:
        now = self.now()
        batch: list[Spoken] = []
        while self._due and self._due[0][0] <= now and len(batch) < BATCH:
            moment, _, act = heapq.heappop(self._due)
            batch.append(Spoken(act.source, act.claim, moment))
        if batch:
            self.speak(batch)
            self.spoken += len(batch)

    def _react(self, record: Record) -> None:
        self.heard += 1
        received = read_log(record)
        envelope, event = received.envelope, received.event
        if not isinstance(event, log.RequestLogEvent) or envelope.sequence is None:
            return
        case = self._follow(event)
        if case is None:
            return
        heard_at = max(self.now(), envelope.time or self.opens_at)
        for act in react(self.seed, case, envelope.sequence, event):
            self._put(heard_at + timedelta(seconds=act.after_seconds), act)

    def _follow(self, event: log.RequestLogEvent) -> FollowedRequest | None:
        match event:
            case log.RequestOpened():
                self.taken_in_after.append((self.now() - event.submitted_at).total_seconds())
                agency = event.agency or ""
                self._cases[event.request_id] = FollowedRequest(agency, event.origin, self.needs_answer(event.service))
            case log.RequestRouted():
                self._change(event.request_id, office=event.decision.office)
            case log.AgencyReplied():
                known = self._cases.get(event.request_id)
                self._change(event.request_id, answers=known.answers + 1 if known else 1)
            case LateCashTaken():
                # Of a request that has ended: only its office has something to do.
                return FollowedRequest("", Origin.AGENCY, needs_answer=False, office=event.office)
            case log.RequestCompleted() | log.RequestClosed() | log.RequestRefused():
                return self._cases.pop(event.request_id, None)
            case _:
                pass
        return self._cases.get(event.request_id)

    def _change(self, request_id: UUID, *, office: str | None = None, answers: int | None = None) -> None:
        known = self._cases.get(request_id)
        if known is not None:
            self._cases[request_id] = replace(
                known,
                office=known.office if office is None else office,
                answers=known.answers if answers is None else answers,
            )

    def _put(self, moment: datetime, act: DemoAct) -> None:
        heapq.heappush(self._due, (moment, next(self._order), act))
