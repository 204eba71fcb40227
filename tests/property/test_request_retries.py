"""Claims on which the code fails, and fails again, change nothing of what is decided of their request: only when."""

from collections import defaultdict
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consumers.intake import Claim
from consumers.parking import ParkedRow, ParkReason, Room
from consumers.requests import fold as folding
from consumers.requests.cases import Case, Waiting, new_case
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.fold import Fold
from consumers.requests.handlers import request_of
from consumers.requests.horizon import Horizon
from schemas.intake_agency import RequestSubmitted
from tests.kit.on_sql.requests import SetClock
from tests.kit.values.builders import SERVICE
from tests.property.test_request_fold import SAID, Memory, reloaded, shuffles

#: What is said of a service that nobody knows waits for the registry: what is decided does depend on when, then.
ELSEWHERE = frozenset(
    place
    for place, claim in enumerate(SAID)
    if isinstance(claim.event, RequestSubmitted) and claim.event.service != SERVICE
)


class Faulty(Memory):
    """Handles claim by claim, as the runner does once it has found the one at fault; `failures` are left, by claim."""

    def __init__(self, failures: dict[int, int]) -> None:
        super().__init__()
        self.failures = {id(SAID[place].event): count for place, count in failures.items()}

    def decide(self, state: Any, said: Any, context: Any) -> Any:
        """Decide as the life cycle does, or fail."""
        if self.failures.get(id(said), 0) > 0:
            self.failures[id(said)] -= 1
            raise ZeroDivisionError
        return transition(state, said, context)

    def batch(self, claims: list[Claim]) -> None:
        for claim in claims:
            if claim.identity in self.seen:
                continue
            self.seen.add(claim.identity)
            fold = self.fold()
            try:
                fold.take(claim)
            except ZeroDivisionError as error:
                fold = self.fold()
                request_id = request_of(claim)
                assert request_id is not None, "every claim here is about a request"
                fold.park_failed(fold.cases.setdefault(request_id, new_case(request_id)), claim, error)
            self.keep(fold)

    def sweep(self) -> None:
        """Try again whatever failed, as if every rest were over."""
        fold = self.fold()
        for case in fold.cases.values():
            case.waiting = [parked(number, waiting) for number, waiting in enumerate(case.waiting)]
            fold.examine(case, {}, Horizon(fold.now, fold.now))
        self.keep(fold)

    def fold(self) -> Fold:
        clock = SetClock()
        cases: dict[UUID, Case] = {request_id: reloaded(case) for request_id, case in self.cases.items()}
        return Fold(
            self.world,
            cases,
            {},
            clock.now(),
            clock.business,
            lambda agency: {"topic/0": 1},
            lambda topic: Room(100, 10**9),
        )

    def keep(self, fold: Fold) -> None:
        self.cases = {request_id: case for request_id, case in fold.cases.items() if case.changed or case.stored}
        self.log.extend(fold.decided)

    def by_key(self) -> dict[str, list[tuple[str, int | None]]]:
        """Return what was decided of each request, in order."""
        decided: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
        for one in self.log:
            decided[one.key].append((one.event_id, one.sequence))
        return decided

    def waiting(self) -> list[Waiting]:
        return [one for case in self.cases.values() for one in case.waiting if not one.gone]


def parked(number: int, waiting: Waiting) -> Waiting:
    """Return a waiting claim as its row gives it back when its rest is over."""
    failed = waiting.event.reason is ParkReason.FAILED
    return replace(waiting, row=ParkedRow(number, waiting.event, rested=failed), changed=False)


#: One request by itself: others' are decided on the same office's load, and cash that is late bars it meanwhile.
REQUESTS = sorted({request_of(claim) for claim in SAID}, key=str)


@given(
    shuffles(extras=True),
    st.dictionaries(st.integers(0, len(SAID) - 1), st.integers(1, 4), max_size=6),
    st.sampled_from(REQUESTS),
)
def test_failures_change_only_when_things_are_decided(
    batches: list[list[int]], failures: dict[int, int], request: UUID | None
) -> None:
    about = {place for place, claim in enumerate(SAID) if request_of(claim) == request} - ELSEWHERE
    healthy, faulty = Faulty({}), Faulty(failures)
    for memory in (healthy, faulty):
        setattr(folding, "transition", memory.decide)  # noqa: B010 - the name is not the module's own to export
        try:
            for batch in batches:
                memory.batch([SAID[place] for place in batch if place in about])
                memory.sweep()
            sweeps = 0
            while any(one.event.reason is ParkReason.FAILED for one in memory.waiting()):
                memory.sweep()
                sweeps += 1
                assert sweeps <= sum(failures.values()), "what failed is tried in every sweep"
        finally:
            setattr(folding, "transition", transition)  # noqa: B010 - as above
    assert faulty.by_key() == healthy.by_key()
    assert [one.event.reason for one in faulty.waiting()] == [one.event.reason for one in healthy.waiting()]
