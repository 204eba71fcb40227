"""Any order of the parties, with duplicates, in batches of any size: one truth per request, and books that add up."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.parking import Room
from consumers.requests.cases import Case, Decided, known_case
from consumers.requests.domain.life.state import ENDED, RequestStage, RequestState
from consumers.requests.fold import Fold
from consumers.requests.handlers import request_of
from consumers.requests.waiting import claim_of
from schemas.base import Event
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.intake_agency import AgencyAnswered, Answer, Origin, RequestCancelled, RequestSubmitted
from schemas.intake_directorate import RefundOrdered
from schemas.intake_office import AgencyAwaited, FeeReturned
from schemas.log_requests import ClaimRefused, RefusalReason, RequestRefused
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, OPERATOR, SetClock, claim_record, desk_steps
from tests.kit.values.builders import SERVICE, agreement, calendar, entries, office, policy, service, territory
from tests.kit.values.requests_world import make_world

REQUESTS = [UUID(int=number + 1) for number in range(3)]
DESK = "/offices/office-1"
Spoken = tuple[str, Event]


def life(request_id: UUID, asked: str = SERVICE) -> list[Spoken]:
    """Return everything that is said of one walk-in that is served."""
    submitted = RequestSubmitted(
        request_id=request_id, service=asked, origin=Origin.WALK_IN, city="bojnord", office="office-1"
    )
    accepted, collected, started, delivered = desk_steps(request_id)
    return [
        (DESK, submitted),
        (DESK, accepted),
        (DESK, collected),
        (DESK, started),
        (DESK, AgencyAwaited(request_id=request_id, operator=OPERATOR)),
        (AGENCY_SOURCE, AgencyAnswered(request_id=request_id, answer=Answer.APPROVED)),
        (DESK, delivered),
    ]


def mischief(request_id: UUID) -> list[Spoken]:
    """Return what may come on top: cancellations, refunds, strangers, a second submission."""
    return [
        (AGENCY_SOURCE, RequestCancelled(request_id=request_id, reason="no longer wanted")),
        (DIRECTORATE, RefundOrdered(request_id=request_id, amount_rial=10_000, reason="a mistake")),
        (DESK, FeeReturned(request_id=request_id, amount_rial=10_000, receipt_number="R2", operator=OPERATOR)),
        ("/offices/office-2", desk_steps(request_id)[0]),
        ("/agencies/other", RequestCancelled(request_id=request_id, reason="mischief")),
        life(request_id)[0],
        life(request_id, "unheard-of")[0],
    ]


@dataclass
class Memory:
    """What a database keeps between batches, and the log."""

    cases: dict[UUID, Case] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    log: list[Decided] = field(default_factory=list)
    taken: list[Claim] = field(default_factory=list)

    def __post_init__(self) -> None:
        asking = service(needs_agency_answer=True)
        self.world = make_world(entries([territory(), policy(), calendar(), asking, agreement(), office("office-1")]))

    def batch(self, claims: list[Claim]) -> None:
        """Handle one batch as the handler does, without the database."""
        fresh: list[Claim] = []
        for claim in claims:
            if claim.identity not in self.seen:
                self.seen.add(claim.identity)
                fresh.append(claim)
        cases = {request_id: reloaded(case) for request_id, case in self.cases.items()}
        clock = SetClock()
        ends = {"topic/0": 1}
        fold = Fold(
            self.world, cases, {}, clock.now(), clock.business, lambda agency: ends, lambda topic: Room(100, 10**9)
        )
        for claim in fresh:
            fold.take(claim)
        self.cases = {request_id: case for request_id, case in fold.cases.items() if case.changed or case.stored}
        self.log.extend(fold.decided)
        self.taken.extend(fresh)

    def states(self) -> list[RequestState]:
        """Return every request's state."""
        return [case.state for case in self.cases.values()]


def event_of(decided: Decided) -> Event:
    """Return the event that a reader of the log sees."""
    return parse(all_events()[decided.event_type], decided.body)


def reloaded(case: Case) -> Case:
    """Return the case as its row and its parked rows give it back."""
    document = case.state.model_dump_json(exclude_defaults=True)
    again = known_case(RequestState.model_validate_json(document))
    again.waiting = [waiting for waiting in case.waiting if not waiting.gone]
    return again


def read(spoken: Spoken, number: int) -> Claim:
    """Return `spoken` as read from intake, with an id of its own."""
    source, event = spoken
    claim = read_claim(claim_record(source, event, event_id=f"claim-{number}"), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    return claim


#: Everything that can be said; the lives first.
SAID = [read(one, number) for number, one in enumerate(one for request_id in REQUESTS for one in life(request_id))]
LIVES = len(SAID)
LIFE = LIVES // len(REQUESTS)
SAID += [
    read(one, LIVES + number)
    for number, one in enumerate(one for request_id in REQUESTS for one in mischief(request_id))
]


def in_order(places: list[int]) -> list[int]:
    """Return `places` with what each desk says of a request in the order in which it says it, as its partition does."""
    lanes: dict[UUID | None, list[int]] = defaultdict(list)
    for place in places:
        if SAID[place].envelope.source == DESK and place < LIVES:
            lanes[request_of(SAID[place])].append(place)
    heads = {place: next_one for lane in lanes.values() for place, next_one in zip(lane, sorted(lane), strict=True)}
    return [heads.get(place, place) for place in places]


@st.composite
def shuffles(draw: st.DrawFn, extras: bool) -> list[list[int]]:
    """Draw batches of places in `SAID`: every life whole, the parties shuffled, with duplicates.

    With `extras` there is mischief, and a desk may say its own steps in any order, too.
    """
    places = list(range(LIVES))
    if extras:
        places += draw(st.lists(st.integers(LIVES, len(SAID) - 1), max_size=8))
        places += draw(st.lists(st.sampled_from(places), max_size=8))
        places = draw(st.permutations(places))
    else:
        places = in_order(draw(st.permutations(places)))
        for place in draw(st.lists(st.sampled_from(places), max_size=8)):
            places.insert(draw(st.integers(places.index(place) + 1, len(places))), place)
    cuts = sorted(draw(st.sets(st.integers(1, len(places) - 1), max_size=6)))
    return [list(places[start:end]) for start, end in zip([0, *cuts], [*cuts, len(places)], strict=True)]


def handled(batches: list[list[int]]) -> Memory:
    """Return what is kept after `batches`."""
    memory = Memory()
    for batch in batches:
        memory.batch([SAID[place] for place in batch])
    return memory


@given(shuffles(extras=False))
def test_the_order_of_the_parties_does_not_change_the_end(batches: list[list[int]]) -> None:
    memory = handled(batches)
    assert {state.stage for state in memory.states()} == {RequestStage.COMPLETED}
    assert not any(isinstance(event_of(one), ClaimRefused) for one in memory.log)
    assert_books(memory)


#: The steps of the first life that its desk says.
STEPS = [step for step in range(LIFE) if SAID[step].envelope.source == DESK]


@given(st.permutations(STEPS), st.integers(1, len(STEPS) - 1))
def test_what_a_desk_says_too_early_of_its_own_steps_is_never_carried_out_later(steps: list[int], size: int) -> None:
    memory = Memory()
    memory.batch([SAID[step] for step in steps[:size]])
    memory.batch([SAID[step] for step in steps[size:]])
    held: list[int] = []
    for step in steps:
        if step == STEPS[len(held)]:
            held.append(step)
    [case] = memory.cases.values()
    waiting = [claim_of(one) for one in case.waiting if not one.gone]
    # The delivery is the last; the service needs the agency's answer for it.
    assert waiting == ([SAID[STEPS[-1]]] if held == STEPS else [])
    assert [step for step in STEPS if is_applied(memory, step)] == held[: len(STEPS) - 1]


def is_applied(memory: Memory, step: int) -> bool:
    """Return whether a claim was applied, and not refused."""
    first = derived_id(*SAID[step].identity, 0)
    return any(one.event_id == first and one.event_type != ClaimRefused.type_name() for one in memory.log)


@given(shuffles(extras=True))
def test_whatever_is_said_there_is_one_truth(batches: list[list[int]]) -> None:
    assert_books(handled(batches))


def assert_books(memory: Memory) -> None:
    """Check that sequences are gap-free, that every claim has one end, and that the summary's counts add up."""
    by_key: dict[str, list[int | None]] = defaultdict(list)
    for one in memory.log:
        by_key[one.key].append(one.sequence)
    for key, sequences in by_key.items():
        assert sequences == list(range(1, len(sequences) + 1)), key
    for state in memory.states():
        assert state.version == len(by_key[str(state.request_id)])
    ids = [one.event_id for one in memory.log]
    assert len(ids) == len(set(ids))
    waiting = [one for case in memory.cases.values() for one in case.waiting if not one.gone]
    waiting_ids = {one.claim.identity for one in waiting if one.claim is not None}
    cancelled_early = {
        event.request_id
        for event in map(event_of, memory.log)
        if isinstance(event, RequestRefused) and event.reason is RefusalReason.CANCELLED_BEFORE_ROUTING
    }
    for claim in memory.taken:
        logged = derived_id(*claim.identity, 0) in ids
        if isinstance(claim.event, RequestSubmitted) and claim.event.request_id in cancelled_early:
            # The cancellation opened and refused the request in one go.
            continue
        assert logged != (claim.identity in waiting_ids), "a claim is logged or it waits"
    submitted = [state for state in memory.states() if state.submitted]
    routed = [state for state in submitted if state.ever_routed]
    refused = [state for state in submitted if not state.ever_routed and state.stage in ENDED]
    parked = [state for state in submitted if state.stage is RequestStage.PARKED]
    assert len(submitted) == len(routed) + len(refused) + len(parked)
    in_flight = sum(change.in_flight for change in memory.world.changes())
    assert in_flight == sum(state.stage not in ENDED for state in routed)
    reserved = sum(change.reserved_rial for change in memory.world.changes())
    assert reserved == sum(state.exposure_rial + state.late_cash_rial for state in submitted)
    late_cash = sum(change.late_cash_rial for change in memory.world.changes())
    assert late_cash == sum(state.late_cash_rial for state in submitted)


@pytest.mark.parametrize("together", [True, False])
def test_an_early_cancellation_counts_as_soon_as_the_submission_waits_for_the_registry(together: bool) -> None:
    cancelled, _, _, _, _, _, unheard_of = SAID[LIVES : LIVES + len(mischief(REQUESTS[0]))]
    memory = Memory()
    for batch in [[cancelled, unheard_of]] if together else [[cancelled], [unheard_of]]:
        memory.batch(batch)
    [case] = memory.cases.values()
    assert [one for one in case.waiting if not one.gone] == []
    refused = event_of(memory.log[-1])
    assert isinstance(refused, RequestRefused)
    assert refused.reason is RefusalReason.CANCELLED_BEFORE_ROUTING
