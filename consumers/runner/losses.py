"""Which records were in flight when the database closed the connection: a few times is chance, more is its fault.

A server that runs out of memory at one row ends its connection, or all of them. Treated as unavailable, it would get
the same batch for ever. So a batch that was lost is retried in smaller and smaller parts, until one record is alone.
"""

from collections.abc import Collection, Iterator, Sequence

from consumers.runner.records import Record
from schemas.partition import Place

#: How often a batch may be lost as a whole; from then on its parts are a quarter as large after each loss.
LOSSES_OF_ALL = 1
FIRST_PART = 256
#: A record that is lost this often was alone the last three times.
LOSSES_OF_ONE = 8


class Losses:
    """Counts, for each record, how often it was in flight when the connection was lost and nothing of it was committed.

    Kept in memory: a worker that restarts counts from zero.
    """

    def __init__(self) -> None:
        self._times: dict[tuple[Place, int], int] = {}

    def add(self, records: Collection[Record]) -> None:
        """Count a loss of `records`, in whose transaction the database had answered before."""
        for record in records:
            self._times[_key(record)] = self._times.get(_key(record), 0) + 1

    def end(self, records: Collection[Record]) -> None:
        """Forget `records`: they are committed."""
        if self._times:
            for record in records:
                self._times.pop(_key(record), None)

    def hopeless(self, records: Sequence[Record]) -> bool:
        """Say whether this is one record that was lost alone too often. It is tried once more when it comes again."""
        if len(records) != 1 or self._times.get(_key(records[0]), 0) < LOSSES_OF_ONE:
            return False
        self._times[_key(records[0])] = LOSSES_OF_ONE - 1
        return True

    def parts(self, records: Sequence[Record]) -> Iterator[Sequence[Record]]:
        """Yield `records` in order, in parts to be committed each by itself; what cannot be read is one of its own."""
        if not self._times and all(record.unread is None for record in records):
            if records:
                yield records
            return
        start = 0
        room = len(records)
        for place, record in enumerate(records):
            own = 1 if record.unread is not None else self._room(record, len(records))
            if place > start and place - start >= min(room, own):
                yield records[start:place]
                start, room = place, own
            room = min(room, own)
        if start < len(records):
            yield records[start:]

    def _room(self, record: Record, all_of_them: int) -> int:
        losses = self._times.get(_key(record), 0)
        if losses <= LOSSES_OF_ALL:
            return all_of_them
        return max(1, FIRST_PART >> 2 * (losses - LOSSES_OF_ALL - 1))


def _key(record: Record) -> tuple[Place, int]:
    return record.place, record.position
