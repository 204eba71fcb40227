"""Events that wait, each behind the earlier ones of its key: values only; the store is a port of each capability."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from consumers.runner.ports import Record

#: So many claims of one topic, that is of one speaker, may wait for something. Far more than an agency's outage brings,
#: and none of it counts against anybody else: one more is refused, so that nobody can fill the park for all.
WAITING_LIMIT = 20_000
#: For events that only a person can release.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class ParkReason(StrEnum):
    """Why an event waits."""

    #: It is too early for the state: an event that must come before it has not come yet.
    PREDECESSOR = "predecessor"
    #: What it names may still be on its way through the registry.
    REGISTRY = "registry"
    #: An earlier event of its key waits.
    BEHIND = "behind"
    #: A log lacks the sequence numbers before it.
    GAP = "gap"
    #: The handler failed on it; an operator redrives or skips it.
    FAILED = "failed"


#: Claims that wait for one of these may as well be refused in words; all others must be kept, or their topic halts.
REFUSABLE = frozenset({ParkReason.PREDECESSOR, ParkReason.REGISTRY})


class OperatorAction(StrEnum):
    """What an operator wants done with a parked event; a worker does it."""

    REDRIVE = "redrive"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """One event that waits, until `expires_at` (business time) at most.

    `wait_for` holds positions, keyed `<topic>/<partition>`, that the registry must have passed.
    """

    key: str
    reason: ParkReason
    detail: str
    record: Record
    expires_at: datetime
    wait_for: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked event as it is kept; ids grow in the order of parking."""

    id: int
    event: ParkedEvent
    action: OperatorAction | None
    action_by: str | None
    action_why: str | None
