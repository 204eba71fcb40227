"""Reading the next batch while the database works on this one.

A batch waits for the database about a tenth of its time. Whoever waits calls `read_on`, which takes a few of the
records that have arrived by then, until it says that there are no more. There is no second thread: measured, one took
its turns while the batch was decided, and none while it waited. It is done in a backlog only: elsewhere there is mostly
nothing to read, and the asking itself takes time. Whatever was read ahead is forgotten as soon as other positions are
assigned, so it is never applied out of turn.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from consumers.runner.errors import PositionLost
from consumers.runner.ports import Source
from consumers.runner.records import Partition, Record

#: Called with records that will be handed out, in order.
Prepare = Callable[[Sequence[Record]], None]
#: Records of one step of reading on: one or two milliseconds. Longer ones outlast most waits, so that everything is
#: read before the longest wait of a batch comes.
STEP_RECORDS = 100


def nothing(_: Sequence[Record]) -> None:
    """Leave records for when they are asked for."""


class ReadAhead:
    """Implements `Source` over another one. Holds at most as many records as the last `poll` asked for.

    A `poll` that gives more than one step's records, or more than half of what it was asked for, shows a backlog.
    """

    def __init__(self, source: Source, prepare: Prepare = nothing) -> None:
        self._source = source
        self._prepare = prepare
        self._ahead: list[Record] = []
        self._failure: Exception | None = None
        self._wanted = 0

    def read_on(self) -> bool:
        """Read a few of the next records if there are any yet, and say whether to continue; never waits, never raises.

        What fails is met at the next `poll`.
        """
        room = self._wanted - len(self._ahead)
        if room <= 0 or self._failure is not None:
            return False
        records = self._poll(0.0, min(room, STEP_RECORDS))
        # Whatever is wrong with a record is met, and the record parked, when its turn has come.
        with suppress(Exception):
            self._prepare(records)
        return bool(records)

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of the consumer's topics as they exist now."""
        return self._source.partitions()

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions from these positions; what was read ahead is forgotten.

        Raises `PositionLost`, also when one of them was found lost meanwhile: the client may not find it again.
        """
        failure, self._ahead, self._failure, self._wanted = self._failure, [], None, 0
        if isinstance(failure, PositionLost) and failure.partition in positions:
            raise failure
        self._source.assign(positions)

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        """Return what was read ahead and what comes now, in order per partition; empty after the timeout."""
        room = records_max - len(self._ahead)
        if room > 0 and self._failure is None:
            self._poll(0.0 if self._ahead else timeout_seconds, room)
        if not self._ahead and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        records, self._ahead = self._ahead[:records_max], self._ahead[records_max:]
        self._wanted = records_max if len(records) > min(STEP_RECORDS, records_max // 2) else 0
        # What is read on from here belongs to the next batch.
        self._source.turn()
        return records

    def turn(self) -> None:
        """Begin a turn."""
        self._source.turn()

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        """Return the end position of every partition of `topics`, keyed `<topic>/<partition>`."""
        return self._source.ends(topics)

    def known_ends(self) -> Mapping[Partition, int]:
        """Return the ends of assigned partitions as the last polls saw them; never asks the broker."""
        return self._source.known_ends()

    def note(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions to Kafka for lag tools only."""
        self._source.note(positions)

    def close(self) -> None:
        """Stop reading and end the connections."""
        self._source.close()

    def _poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        try:
            records = self._source.poll(timeout_seconds, records_max)
        except Exception as failure:  # whatever it is, what was read before it comes first
            self._failure = failure
            return ()
        self._ahead += records
        return records
