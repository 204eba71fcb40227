"""The outcome of a claim on a request: applied, awaited, refused, or a withdrawal of another one. There is no other."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from consumers.requests.domain.life.state import RequestState
from schemas.log_requests import ClaimRefusal, RequestLogEvent
from schemas.trusted import trusted


class AwaitReason(StrEnum):
    """What a claim waits for."""

    PREDECESSOR = "predecessor"
    REGISTRY = "registry"


class Awaited(StrEnum):
    """Whose word a claim waits for."""

    AGENCY = "agency"
    OFFICE = "office"
    DIRECTORATE = "directorate"
    #: The registry has to pass what the request names.
    REGISTRY = "registry"
    #: An earlier claim of the same speaker waits, and this one behind it.
    OWN = "own"


class Apply(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The claim takes back the one called `claim_id`, which waits and is of the same speaker."""

    claim_id: str


Outcome = Apply | Await | Refuse | TakeBack
#: What one cell of the life cycle's table does with a state, a claim of the row's class and a `context.Context`.
Rule = Callable[[RequestState, Any, Any], Outcome]


def applied(state: RequestState, *events: RequestLogEvent, **changes: Any) -> Apply:
    """Return `state` with `changes`, its version moved on by the number of `events`."""
    changes["version"] = state.version + len(events)
    fields = {**state.__dict__, **changes}
    assert len(fields) == _FIELDS, f"unknown fields among {sorted(changes)}"
    return Apply(trusted(RequestState, fields), events)


_FIELDS = len(RequestState.model_fields)
