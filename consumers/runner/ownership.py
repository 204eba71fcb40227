"""Which partitions this worker owns and its position in each; a partition in which something is lost is halted."""

from collections.abc import Iterable, Mapping, Sequence

import structlog

from consumers.runner.errors import PositionLost
from consumers.runner.outcomes import Setback
from consumers.runner.ports import Leases, Source, Telemetry
from consumers.runner.records import Move, Partition, Record

#: A halted partition is tried again after this many renewals: somebody may have made room in the park, repaired what
#: the code failed on, or repaired the topic. One whose position was lost resumes only from another position: a log
#: that has merely grown again holds something else there, and what it holds before that would never be read.
HALT_RENEWALS = 10
#: How much of a cause is shown outside the log.
WHY_LENGTH = 300


class Ownership:
    """The worker's partitions and positions; `renew` is called every few seconds and after every setback."""

    def __init__(self, source: Source, leases: Leases, telemetry: Telemetry) -> None:
        self._source = source
        self._leases = leases
        self._telemetry = telemetry
        self._log = structlog.get_logger("runner")
        self._positions: dict[Partition, int] = {}
        self._by_place: dict[tuple[str, int], Partition] = {}
        self._halted: dict[Partition, int] = {}
        self._lost_at: dict[Partition, int] = {}
        #: Why each of them is halted, so that it is logged once and not at every try.
        self._told: dict[Partition, str] = {}
        self._certain = False

    @property
    def positions(self) -> Mapping[Partition, int]:
        """The next position of every owned partition."""
        return self._positions

    def doubt(self) -> None:
        """After a setback: the next renewal reads the positions again and seeks, whatever they are."""
        self._certain = False

    @property
    def certain(self) -> bool:
        """Whether what was read last and what is kept are known to agree."""
        return self._certain

    def renew(self) -> None:
        """Renew the leases and read exactly what is owned. May raise `BrokerUnavailable`, `DatabaseUnavailable`."""
        self._let_some_try_again()
        while True:
            known = [partition for partition in self._source.partitions() if partition not in self._halted]
            owned: dict[Partition, int] = {}
            try:
                owned = dict(self._leases.hold(known))
                lost_before = next((one for one, at in owned.items() if self._lost_at.get(one) == at), None)
                if lost_before is not None:
                    self.halt(lost_before, Setback.POSITION_LOST, self._told[lost_before], owned[lost_before])
                    continue
                if not self._certain or owned != self._positions:
                    self._source.assign(owned)
            except PositionLost as lost:
                self.halt(lost.partition, Setback.POSITION_LOST, str(lost), owned.get(lost.partition))
                continue
            break
        self._positions = owned
        self._by_place = {(partition.topic, partition.number): partition for partition in owned}
        for partition in self._told.keys() & owned.keys():
            del self._told[partition]
            self._lost_at.pop(partition, None)
        self._certain = True
        self._telemetry.owned(len(owned))

    def mine(self, records: Iterable[Record]) -> list[Record]:
        """Return those of `records` that lie in owned partitions."""
        return [record for record in records if (record.topic, record.partition) in self._by_place]

    def moves(self, records: Sequence[Record]) -> list[Move]:
        """Return the moves past `records`, which are this worker's and in order per partition."""
        ends: dict[Partition, int] = {}
        for record in records:
            ends[self._by_place[record.topic, record.partition]] = record.position + 1
        return [Move(partition, self._positions[partition], end) for partition, end in ends.items()]

    def moved(self, moves: Iterable[Move]) -> None:
        """Note that `moves` were committed."""
        for move in moves:
            self._positions[move.partition] = move.end

    def halt(self, partition: Partition, cause: Setback, why: str, position: int | None = None) -> None:
        """Halt one partition, and report it; the next renewal gives it up.

        `position` is the one that was lost, when it is not the partition's present one.
        """
        if self._told.get(partition) != why:
            self._log.error("partition halted", topic=partition.topic, partition=partition.number, cause=cause, why=why)
            self._told[partition] = why
        self._telemetry.halted(partition, cause, _first_line(why))
        self._halted[partition] = HALT_RENEWALS
        kept = self._positions.pop(partition, None)
        lost = kept if position is None else position
        if cause is Setback.POSITION_LOST and lost is not None:
            self._lost_at[partition] = lost
        self._by_place.pop((partition.topic, partition.number), None)
        self._certain = False

    def partition_of(self, record: Record) -> Partition:
        """Return the owned partition that `record` is from."""
        return self._by_place[record.topic, record.partition]

    def report_lag(self) -> None:
        """Report how far behind the owned partitions are, per topic, as the last polls saw the ends."""
        behind: dict[str, int] = {}
        for partition, end in self._source.known_ends().items():
            position = self._positions.get(partition)
            if position is not None:
                behind[partition.topic] = behind.get(partition.topic, 0) + max(0, end - position)
        self._telemetry.lag(behind)

    def _let_some_try_again(self) -> None:
        for partition, renewals_left in list(self._halted.items()):
            if renewals_left == 0:
                del self._halted[partition]
                self._telemetry.resumed(partition)
            else:
                self._halted[partition] = renewals_left - 1


def _first_line(why: str) -> str:
    """Return what fits into one line for people; the log has the whole."""
    return why.partition("\n")[0][:WHY_LENGTH]
