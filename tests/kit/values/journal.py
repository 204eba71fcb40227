"""A bus in miniature for tests: batches of claims decided by the real functions, events stamped as the bus does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker, unknown
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.history import LoadPlace, LoadsHistory
from consumers.requests.domain.loads.loads import Loads, position_changes
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.seeds import seed_for
from schemas.base import Event
from schemas.decode import Received
from schemas.envelope import Envelope
from schemas.intake_agency import Origin, RequestSubmitted
from schemas.intake_office import DeclineReason, RequestDeclined
from schemas.log_requests import RequestRouted
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, MOMENT, SERVICE, code_bits

SECRET = b"a secret of tests"


class Said(NamedTuple):
    """One claim or signal on a request, by whom and when."""

    request_id: UUID
    what: Event | Signal
    speaker: Speaker
    moment: datetime


class Logged(NamedTuple):
    """One event in a log."""

    topic: str
    partition: int
    received: Received


class Journal:
    """The logs that batches of claims leave behind. Every applied batch makes one load revision, as on the bus."""

    def __init__(self, view: RegistryView) -> None:
        self.view = view
        self.logs: list[Logged] = []
        self.revision = 0
        self._states: dict[UUID, RequestState] = {}

    def batch(self, *said: Said, revision_seen: int | None = None) -> None:
        """Decide on `said` in order; `revision_seen` is an older load revision that the worker had read."""
        seen = self.revision if revision_seen is None else revision_seen
        loads = Loads(seen, {})
        for logged in self.logs:
            if (logged.received.envelope.load_revision or 0) <= seen:
                time = logged.received.envelope.time
                assert time is not None
                for change in position_changes(logged.received.event, time):
                    loads.apply(change)
        caps = {code: facts.cap_rial for code, facts in self.view.at(said[0].moment).offices.items()}
        world = BatchWorld(self.view, loads, caps, partial(seed_for, SECRET), code_bits)
        decided: list[tuple[Said, int, Event]] = []
        for one in said:
            state = self._states.get(one.request_id, unknown(one.request_id))
            later = one.moment + timedelta(seconds=2)
            outcome = transition(state, one.what, Context(one.speaker, one.moment, later, world, True))
            assert isinstance(outcome, Apply), outcome
            for sequence, emitted in enumerate(outcome.events, start=state.version + 1):
                world.apply(emitted, one.moment)
                decided.append((one, sequence, emitted))
            self._states[one.request_id] = outcome.state
        changed = bool(world.changes())
        self.revision += changed
        for index, (one, sequence, event) in enumerate(decided):
            place = (self.revision, index) if changed else (None, None)
            envelope = _envelope(event, str(one.request_id), one.moment, sequence, *place)
            self.logs.append(Logged(LOG_REQUESTS.name, one.request_id.int % 12, Received(envelope, event)))

    def settle(self, request_id: UUID, *events: Event, time: datetime = MOMENT) -> None:
        """Write what settlement says of a request, by events of business time `time`."""
        self.revision += 1
        for index, event in enumerate(events):
            envelope = _envelope(event, str(request_id), time, None, self.revision, index)
            self.logs.append(Logged(LOG_SETTLEMENT.name, request_id.int % 12, Received(envelope, event)))

    def loads_now(self) -> Loads:
        """Return what offices carry after everything."""
        loads = Loads(self.revision, {})
        for logged in self.logs:
            time = logged.received.envelope.time
            assert time is not None
            for change in position_changes(logged.received.event, time):
                loads.apply(change)
        return loads

    def stage(self, number: int) -> RequestStage:
        """Return where request `number` stands."""
        return self._states[ident(number)].stage

    def history(self, request_id: UUID) -> list[Received]:
        """Return a request's own events in their order."""
        own = [one.received for one in self.logs if one.received.envelope.subject == str(request_id)]
        return [received for received in own if received.envelope.sequence is not None]

    def loads(self, places: Sequence[LoadPlace], logs: Sequence[Logged] | None = None) -> LoadsHistory:
        """Read the logs as `--verify` does."""
        history = LoadsHistory(places)
        for _, _, received in self.logs if logs is None else logs:
            if history.wants(received.envelope):
                history.take(received.envelope, received.event)
        return history


def _envelope(
    event: Event, subject: str, time: datetime, sequence: int | None, revision: int | None, index: int | None
) -> Envelope:
    return Envelope(f"{subject}-{sequence}", "/bus", event.type_name(), subject, time, sequence, revision, index)


OFFICES = tuple(builders.office(f"office-{n}", daily_capacity=3 + n) for n in range(5))
BY_AGENCY = Speaker(agency=AGENCY)


def journal() -> Journal:
    """Return an empty journal over five offices in one city."""
    return Journal(RegistryView.empty().with_entries(builders.small_province(*OFFICES)))


def ident(number: int) -> UUID:
    """Return the id of request `number`."""
    return UUID(int=0x01890000_0000_7000_8000_000000000000 + number)


def submission(number: int, speaker: Speaker = BY_AGENCY, **changes: Any) -> Said:
    """Return the submission of request `number`, that many minutes after `MOMENT`."""
    fields = {"request_id": ident(number), "service": SERVICE, "origin": Origin.AGENCY, "city": "bojnord"}
    claim = RequestSubmitted.model_validate({**fields, **changes})
    return Said(ident(number), claim, speaker, MOMENT + timedelta(minutes=number))


def decline(number: int, office: str) -> Said:
    """Return that `office` sends request `number` back."""
    claim = RequestDeclined(request_id=ident(number), reason=DeclineReason.NO_CAPACITY, operator="op-1")
    return Said(ident(number), claim, Speaker(office=office), MOMENT + timedelta(hours=1))


def office_of(bus: Journal, number: int) -> str:
    """Return the office that request `number` was given to last."""
    routed = [one.event for one in bus.history(ident(number)) if isinstance(one.event, RequestRouted)]
    return routed[-1].decision.office
