"""Reading the next batch while the database still works on the last one.

A batch waits for the database about a fifth of its time. Meanwhile a thread polls and reads the records that come next;
whatever it holds is forgotten as soon as other positions are assigned, so nothing that was read ahead is ever applied
out of turn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition, Lock, Thread

from consumers.runner.ports import Partition, Record, Source

#: One poll of the thread: short, because whoever assigns or asks for ends waits behind it.
POLL_SECONDS = 0.05

#: Called by the thread with records that will be handed out, in order; must not raise.
Prepare = Callable[[Sequence[Record]], None]


class ReadAhead:
    """Implements `Source` over another one. The thread starts with the first `poll` and ends with `close`.

    Holds at most `records_max` records of the last `poll` beside those that it has handed out.
    """

    def __init__(self, source: Source, prepare: Prepare, poll_seconds: float = POLL_SECONDS) -> None:
        self._source = source
        self._prepare = prepare
        self._poll_seconds = poll_seconds
        # The inner source is not made for two threads: whoever calls it holds this. The thread lets callers go first.
        self._using = Lock()
        self._callers = 0
        self._changed = Condition()
        self._ahead: list[Record] = []
        self._failure: Exception | None = None
        self._records_max = 0
        self._assignment = 0
        self._closed = False
        self._thread: Thread | None = None

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of the consumer's topics as they exist now."""
        with self._called():
            return self._source.partitions()

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions from these positions; what was read ahead is forgotten."""
        with self._called():
            with self._changed:
                self._assignment += 1
                self._ahead = []
                self._failure = None
            self._source.assign(positions)

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        """Return what was read ahead, in order per partition; empty after the timeout. Raises what the thread met."""
        with self._changed:
            self._records_max = records_max
            if self._thread is None:
                self._thread = Thread(target=self._read, name="read-ahead", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ahead or self._failure, timeout_seconds)
            if self._ahead:
                # A failure that came after these is met at the next poll.
                records, self._ahead = self._ahead, []
                self._changed.notify_all()
                return records
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self._changed.notify_all()
                raise failure
            return []

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        """Return the end position of every partition of `topics`, keyed `<topic>/<partition>`."""
        with self._called():
            return self._source.ends(topics)

    def known_ends(self) -> Mapping[Partition, int]:
        """Return the ends of assigned partitions as the last polls saw them; never asks the broker."""
        with self._called():
            return self._source.known_ends()

    def note(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions to Kafka for lag tools only."""
        with self._called():
            self._source.note(positions)

    def close(self) -> None:
        """End the thread, then stop reading."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._source.close()

    @contextmanager
    def _called(self) -> Iterator[None]:
        with self._changed:
            self._callers += 1
        try:
            with self._using:
                yield
        finally:
            with self._changed:
                self._callers -= 1
                self._changed.notify_all()

    def _read(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._may_read)
                if self._closed:
                    return
                room = self._room()
            self._read_once(room)

    def _may_read(self) -> bool:
        return self._closed or (self._callers == 0 and self._failure is None and self._room() > 0)

    def _room(self) -> int:
        return self._records_max - len(self._ahead)

    def _read_once(self, room: int) -> None:
        records: Sequence[Record] = ()
        failure: Exception | None = None
        with self._using:
            assignment = self._assignment
            try:
                records = self._source.poll(self._poll_seconds, room)
            except Exception as error:
                # Whatever it is, the loop that polls decides what it means.
                failure = error
        if records:
            self._prepare(records)
        with self._changed:
            if assignment == self._assignment:
                self._ahead.extend(records)
                self._failure = failure
                self._changed.notify_all()
