"""Events that wait, each behind the earlier ones of its key: values only; the store is a port of each capability."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from consumers.runner.records import Record

#: So many claims of one topic, that is of one speaker, may wait for something. Far more than an agency's outage brings,
#: and none of it counts against anybody else: one more is refused, so that nobody can fill the park for all.
WAITING_LIMIT = 20_000
#: So many bytes of bodies they may have together: 3 kB each, if all wait.
WAITING_BYTES_LIMIT = 64 * 1024 * 1024
#: For events whose wait no business time ends.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
#: The business time up to which waits have ended, when no wait is to end by time.
NEVER_YET = datetime.min.replace(tzinfo=UTC)
#: How long an event rests, in real time, after the first failure of the code on it, the second, and so on. After the
#: last try a person decides. The first waits outlast a restart, the last one an ordinary repair.
RESTS: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
)


def rest_after(tries: int) -> timedelta | None:
    """Return how long to wait after `tries` failed tries (1 or more); none when a person decides from now on."""
    assert tries >= 1, "an event that has not failed needs no rest"
    return RESTS[tries - 1] if tries <= len(RESTS) else None


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
    #: The code failed on it; it is tried again after each of its rests, then an operator redrives or skips it.
    FAILED = "failed"


#: Claims that wait for one of these may be refused with a reason; all others must be kept, or their topic halts.
REFUSABLE = frozenset({ParkReason.PREDECESSOR, ParkReason.REGISTRY})


class Room(NamedTuple):
    """How many more claims of one topic may wait, and how many bytes their bodies may have together."""

    claims: int
    bytes: int

    def less(self, record: Record) -> "Room":
        """Return what is left when `record` waits, too; less than nothing when it may not."""
        return Room(self.claims - 1, self.bytes - len(record.value or b""))

    @property
    def lack(self) -> str | None:
        """Return in words why nothing more may wait, and what to do; none while there is room."""
        if self.claims < 0:
            return f"{WAITING_LIMIT} claims on this topic wait already; send it anew, with a new id, when fewer do"
        if self.bytes < 0:
            mib = WAITING_BYTES_LIMIT // (1024 * 1024)
            return f"claims of {mib} MiB on this topic wait already; send it anew, with a new id, when fewer do"
        return None


class OperatorAction(StrEnum):
    """What an operator wants done with a parked event; a worker does it."""

    REDRIVE = "redrive"
    SKIP = "skip"


class DecisionOutcome(StrEnum):
    """What became of an operator's decision."""

    #: The event left the park: it was applied, or refused in words.
    DONE = "done"
    #: The event left the park and was never applied.
    SKIPPED = "skipped"
    #: It is still parked: the code failed on it again, or it waits for something.
    KEPT = "kept"
    #: An operator decided again before a worker had carried it out.
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """One event that waits, until `expires_at` (business time) at most.

    `wait_for` holds positions, keyed `<topic>/<partition>`, that the registry must have passed. `tries` says how often
    the code has failed on it; one that is parked as failed has failed at least once.
    """

    key: str
    reason: ParkReason
    detail: str
    record: Record
    expires_at: datetime
    wait_for: Mapping[str, int] | None = None
    tries: int = 0


def failed_event(key: str, detail: str, record: Record) -> ParkedEvent:
    """Return an event on which the code has just failed for the first time."""
    return ParkedEvent(key, ParkReason.FAILED, detail, record, NEVER, tries=1)


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked event as it is kept; ids grow in the order of parking. Keeping it carries out the decision in it.

    `rested` says that the code failed on it and its rest is over, so that it is to be tried again. `decision` is the
    number of the decision that asks for `action`.
    """

    id: int
    event: ParkedEvent
    action: OperatorAction | None = None
    rested: bool = False
    decision: int | None = None

    @property
    def to_try(self) -> bool:
        """Whether it is to be tried now, because it has rested or because an operator says so."""
        return self.action is OperatorAction.REDRIVE or (self.rested and self.action is None)

    @property
    def to_skip(self) -> bool:
        """Whether an operator has given it up."""
        return self.action is OperatorAction.SKIP

    def with_failure(self, detail: str) -> "ParkedRow":
        """Return the row to keep after one more failure of the code."""
        tries = self.event.tries + 1
        return replace(
            self,
            event=replace(self.event, reason=ParkReason.FAILED, detail=detail, expires_at=NEVER, tries=tries),
        )

    def with_reason(self, reason: ParkReason, detail: str, expires_at: datetime) -> "ParkedRow":
        """Return the row to keep when the event waits for another reason."""
        return replace(self, event=replace(self.event, reason=reason, detail=detail, expires_at=expires_at))


def is_parked(record: Record, rows: Iterable[ParkedRow]) -> bool:
    """Say whether `record` itself is among `rows`: it was read before."""
    return any(
        (row.event.record.place, row.event.record.position) == (record.place, record.position)
        and (row.event.record.value or b"") == (record.value or b"")
        for row in rows
    )
