"""Claims that come too early: one waits for another party's, or is refused with the command to use first.

A party knows its own steps, and what an office says goes through one partition in the order in which it was said. So
nothing waits for a step of its own speaker, or a slip of today would be carried out by itself tomorrow. What another
party has said may be on its way still, and so may what an agency has said itself: its client chooses partitions.

Each class here is a rule of the table in `lifecycle`, and can be asked whose word it lets a claim wait for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.requests.domain.life.context import Context
from consumers.requests.domain.life.outcome import Await, Awaited, AwaitReason, Outcome, Refuse, Rule, TakeBack
from consumers.requests.domain.life.state import RequestStage, RequestState
from schemas.base import Event
from schemas.intake_agency import ClaimWithdrawn
from schemas.intake_directorate import DisputeOpened
from schemas.intake_office import AgencyAwaited, FeeCollected, RequestAccepted, ServiceStarted
from schemas.log_requests import ClaimRefusal

#: Stages at which no office has accepted, and one may still.
BEFORE_ACCEPTANCE = (RequestStage.AWAITED, RequestStage.PARKED, RequestStage.ROUTED)
#: A step that is missing, in words, with the command for it.
_SAY_FIRST: Mapping[type[Event], str] = {
    RequestAccepted: "accept the request first: pishkhan office {office} accept {request}",
    FeeCollected: "collect the fee first: pishkhan office {office} collect {request}",
    ServiceStarted: "begin the work first: pishkhan office {office} start {request}",
    AgencyAwaited: "ask the agency first: pishkhan office {office} await {request}",
    DisputeOpened: "no dispute is open; say DisputeOpened first",
}
_SPEAKERS: Mapping[Awaited, str] = {
    Awaited.AGENCY: "the agency says it",
    Awaited.OFFICE: "the office says it",
    Awaited.DIRECTORATE: "the directorate says it",
    Awaited.REGISTRY: "it waits for the registry itself",
    Awaited.OWN: "it was said before and waits itself",
}


@dataclass(frozen=True, slots=True)
class WaitFor:
    """The rule that a claim waits until `awaited` has said `word`."""

    awaited: Awaited
    word: type[Event]

    def __call__(self, state: RequestState, claim: Any, context: Context) -> Outcome:
        """Return the wait."""
        return wait_for(self.awaited, self.word)


@dataclass(frozen=True, slots=True)
class MayWaitFor:
    """A rule that lets a claim wait for the word of `awaited` under some circumstances."""

    awaited: Awaited
    rule: Rule

    def __call__(self, state: RequestState, claim: Any, context: Context) -> Outcome:
        """Return what the rule says."""
        return self.rule(state, claim, context)


@dataclass(frozen=True, slots=True)
class SayFirst:
    """The rule that the speaker itself must say `step` first: the claim is refused, unless `step` waits itself."""

    step: type[Event]

    def __call__(self, state: RequestState, claim: Any, context: Context) -> Outcome:
        """Return the refusal, or the wait behind what the speaker has said before."""
        return say_first(self.step, state, context)

    @property
    def awaited(self) -> Awaited:
        """Behind an own claim."""
        return Awaited.OWN


def wait_for(awaited: Awaited, word: type[Event]) -> Await:
    """Return the wait until `awaited` has said `word`."""
    return Await(AwaitReason.PREDECESSOR, f"{word.__name__} must come first; {_SPEAKERS[awaited]}")


def say_first(step: type[Event], state: RequestState, context: Context) -> Await | Refuse:
    """Return the outcome of a claim that follows `step`, which its own speaker has not published or which waits."""
    if context.has_waiting(step):
        return wait_for(Awaited.OWN, step)
    words = _SAY_FIRST[_missing(step, state, context)]
    office = context.speaker.office or "OFFICE"
    return Refuse(ClaimRefusal.TOO_EARLY, f"said too early; {words.format(office=office, request=state.request_id)}")


def take_back(state: RequestState, claim: ClaimWithdrawn, context: Context) -> TakeBack | Refuse:
    """Take back a claim of the speaker's own that waits."""
    if any(one.claim_id == claim.claim_id and one.speaker == context.speaker for one in context.waiting):
        return TakeBack(claim.claim_id)
    return Refuse(
        ClaimRefusal.NOTHING_WAITS,
        "claim_id: nothing that you have said of this request waits under it; it was decided on, or never said",
    )


def owes_collection(state: RequestState) -> bool:
    """Return whether the office has not taken in yet what the fee says."""
    return state.collected_rial < state.held_fee().office_collects_rial


def _missing(step: type[Event], state: RequestState, context: Context) -> type[Event]:
    """Return the first step that is missing on the way to `step` and with it."""
    if step is DisputeOpened:
        return step
    if state.stage in BEFORE_ACCEPTANCE:
        return step if context.has_waiting(RequestAccepted) else RequestAccepted
    return FeeCollected if state.stage is RequestStage.ACCEPTED and owes_collection(state) else step
