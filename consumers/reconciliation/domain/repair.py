"""What brings a topic back that lost records, or whose readers passed some over: nothing new, only doing again.

Rows that the outbox keeps are published again, and positions go to where their logs are, before anything that their
consumers have not applied. Both are safe at any time: every reader leaves out what it has applied already.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.views import ComparedPosition, ComparisonCut
from schemas.partition import Place
from schemas.topics import INTAKE_PREFIX


class Missing(NamedTuple):
    """An event that was published, and that its topic does not hold."""

    source: str
    event_id: str


class PositionRepair(NamedTuple):
    """Where a consumer goes on; `carried` from another incarnation of the topic to the one that is there now.

    It only goes forward where the log has lost its beginning: what lies between is gone.
    """

    consumer: str
    place: Place
    before: int
    after: int
    carried: bool


class Reader(NamedTuple):
    """A consumer group outside the bus, and its next position in one partition.

    A group that `shares` partitions among its members is done with all before the position, and may have taken any
    record beyond it: the broker writes the position down late.
    """

    group: str
    place: Place
    position: int
    shares: bool = False


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """Everything that is to be done for one topic, and what cannot be.

    `removed` counts rows that somebody deleted from the outbox; all of the topic's are put back. `lost_events` counts
    events that neither the log nor the outbox holds. `lost_claims` is how many records of intake
    at most were read and are in no outbox: what they led to stays, they themselves cannot be written again.
    `readers` are those outside the bus that have read what is lost, each with where it goes back to: the log's end, or,
    for a share group, where it is done with all. It is named wherever its partition lost anything: nobody knows what it
    took beyond.
    """

    topic: str
    missing: tuple[Missing, ...]
    positions: tuple[PositionRepair, ...]
    lost_events: int
    lost_claims: int
    removed: int = 0
    readers: tuple[tuple[Reader, int], ...] = ()

    @property
    def needed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.missing or self.positions or self.removed)


def plan_repair(
    topic: str,
    findings: Iterable[Finding],
    positions: Sequence[ComparedPosition],
    cut: ComparisonCut,
    readers: Iterable[Reader] = (),
) -> RepairPlan:
    """Return what repairs `topic`, given what a comparison found and the positions that it saw."""
    missing: list[Missing] = []
    missing_in: Counter[int] = Counter()
    skipped: dict[tuple[str, Place], int] = {}
    lost_events, removed = 0, 0
    for finding in findings:
        if finding.topic != topic:
            continue
        if finding.kind is DifferenceKind.NOT_IN_LOG and finding.source is not None and finding.event_id is not None:
            missing.append(Missing(finding.source, finding.event_id))
            missing_in[finding.partition or 0] += 1
        elif finding.kind in (DifferenceKind.EVENT_MISSING, DifferenceKind.ANNOUNCEMENT_MISSING):
            lost_events += 1
        elif finding.kind is DifferenceKind.ROW_REMOVED:
            removed += 1
        elif (
            finding.kind in (DifferenceKind.RECORD_SKIPPED, DifferenceKind.PROGRESS_LOST)
            and finding.consumer is not None
            and finding.partition is not None
        ):
            key, position = (finding.consumer, Place(topic, finding.partition)), finding.position or 0
            skipped[key] = min(position, skipped.get(key, position))
    mine = [one for one in positions if one.place.topic == topic]
    changes = [change for one in mine if (change := _change(one, skipped, cut)) is not None]
    lost_claims = _lost_claims(mine, missing_in, cut) if topic.startswith(INTAKE_PREFIX) else 0
    shortened = {Place(topic, partition) for partition in missing_in} | {
        one.place for one in mine if not one.same_topic or one.next_position > cut.ends.get(one.place, 0)
    }
    ahead = [
        (one, min(one.position, end))
        for one in readers
        if one.position > (end := cut.ends.get(one.place, 0)) or (one.shares and one.place in shortened)
    ]
    return RepairPlan(topic, tuple(missing), tuple(changes), lost_events, lost_claims, removed, tuple(ahead))


def _change(one: ComparedPosition, skipped: dict[tuple[str, Place], int], cut: ComparisonCut) -> PositionRepair | None:
    begin, end = cut.begins.get(one.place, 0), cut.ends.get(one.place, 0)
    if not one.same_topic:
        return PositionRepair(one.consumer, one.place, one.next_position, begin, carried=True)
    wanted = max(begin, min(one.next_position, end, skipped.get((one.consumer, one.place), end)))
    if wanted == one.next_position:
        return None
    return PositionRepair(one.consumer, one.place, one.next_position, wanted, carried=False)


def _lost_claims(positions: Sequence[ComparedPosition], missing_in: Counter[int], cut: ComparisonCut) -> int:
    read: dict[Place, int] = {}
    for one in positions:
        read[one.place] = max(one.next_position, read.get(one.place, 0))
    return sum(
        max(0, position - (cut.ends.get(place, 0)) - missing_in[place.partition]) for place, position in read.items()
    )
