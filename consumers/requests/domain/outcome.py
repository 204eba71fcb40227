"""What a claim on a request comes to: applied, awaited, or refused. Nothing else can happen to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consumers.requests.domain.state import RequestState
from schemas.log_requests import ClaimRefusal, RequestLogEvent
from schemas.trusted import trusted


class AwaitReason(StrEnum):
    """What a claim waits for."""

    PREDECESSOR = "predecessor"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Apply:
    """The claim holds: the next state, and what the log says about it, in order."""

    state: RequestState
    events: tuple[RequestLogEvent, ...]


@dataclass(frozen=True, slots=True)
class Await:
    """The claim is too early: it waits. `state`, when given, is what the request's row must say meanwhile."""

    reason: AwaitReason
    detail: str
    state: RequestState | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The claim does not hold; `detail` names what is wrong and the remedy, never a citizen's data."""

    reason: ClaimRefusal
    detail: str


Outcome = Apply | Await | Refuse


def applied(state: RequestState, *events: RequestLogEvent, **changes: Any) -> Apply:
    """Return `state` with `changes`, its version moved on by the number of `events`."""
    assert changes.keys() <= _FIELDS, f"unknown fields in {sorted(changes)}"
    changes["version"] = state.version + len(events)
    return Apply(trusted(RequestState, {**state.__dict__, **changes}), events)


_FIELDS = RequestState.model_fields.keys()
