"""Reading records again from a time on: which consumers read which topics, how far each may, and the result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from threading import Event

from sqlalchemy import Engine

from connectors.broker.admin import BrokerAdmin
from connectors.broker.history import KafkaHistory
from connectors.broker.source import KafkaSource
from connectors.database.runner.positions import passed, passed_by_figures
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from consumers.logs import Progress
from consumers.runner.records import Partition, Record, Span
from consumers.runner.rereading import Reread, RereadRequest
from deploy.bootstrap import rereading
from deploy.problem import Misused
from deploy.settings import Settings
from deploy.workers.table import WorkerRow, readers, worker_row
from schemas.partition import Place

#: Small, because settlement holds the rows of the partitions in a batch, and their owner waits.
BATCH_RECORDS = 500


def reread(settings: Settings, wanted: RereadRequest, *, keep: bool, progress: Progress) -> list[Reread]:
    """Read records again as every consumer that has passed them; without `keep` undo each batch.

    Raises `Problem`, `BrokerUnavailable`, `DatabaseUnavailable`, `Contention` and `RereadingHalted`; what was done
    before stays, and another reading finds it done.
    """
    with ExitStack() as stack:
        history = stack.enter_context(KafkaHistory(settings.kafka_login()))
        engine = build_engine(settings.worker_database_url(), "pishkhan replay")
        stack.callback(engine.dispose)
        # For services that nobody knows: where intake ends.
        source = KafkaSource(settings.kafka_login(), worker_row("requests").reads, "pishkhan.replay")
        stack.callback(source.close)
        partitions = _partitions(settings, wanted.topics)
        spans = history.appended(sorted({one.topic for one in partitions}), wanted.start, wanted.end)
        parts = []
        for reader in readers():
            own = [one for one in partitions if reader.reads(one.topic)]
            parts.append(part_of(_positions(engine, reader, own), spans))
        total = sum(part.records for part in parts)
        done = 0
        results = []
        for reader, part in zip(readers(), parts, strict=True):
            again = rereading(reader.name, settings, engine, source, keep=keep)
            for batch in batches(history.between(part.spans)):
                again.apply(batch, Event())
                done += len(batch)
                progress(done, total)
            results.append(Reread(reader.name, again.tally, part.to_come))
    return results


def _partitions(settings: Settings, topics: Sequence[str]) -> list[Partition]:
    """Return the partitions of `topics`, or of every topic that somebody reads."""
    with closing(BrokerAdmin(settings.kafka_login())) as admin:
        there = [one for one in admin.partitions() if any(reader.reads(one.topic) for reader in readers())]
    unknown = sorted(set(topics) - {one.topic for one in there})
    if unknown:
        known = ", ".join(sorted({one.topic for one in there}))
        raise Misused(f"No consumer reads {', '.join(unknown)}. There are: {known}.")
    return [one for one in there if not topics or one.topic in topics]


def _positions(engine: Engine, reader: WorkerRow, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """Return how far the consumer is in each of `partitions`; a topic that was made anew was passed by nobody."""
    with meaningful_errors(), engine.connect() as connection:
        if reader.name == "kpi":
            figures = passed_by_figures(connection)
            return {one: figures.get(one.place, 0) for one in partitions}
        known = passed(connection, reader.name)
        return {one: known.get(one, 0) for one in partitions}


@dataclass(frozen=True, slots=True)
class Part:
    """What one consumer reads again, and how many records of the wanted time it has not come to."""

    spans: Mapping[Place, Span]
    to_come: int

    @property
    def records(self) -> int:
        """How many records there are to read."""
        return sum(end - start for start, end in self.spans.values())


def part_of(positions: Mapping[Partition, int], spans: Mapping[Place, Span]) -> Part:
    """Cut `spans` off where the consumer stands, according to `positions`."""
    cut: dict[Place, Span] = {}
    to_come = 0
    for partition, position in positions.items():
        place = partition.place
        start, end = spans[place]
        until = min(end, max(start, position))
        cut[place] = Span(start, until)
        to_come += end - until
    return Part(cut, to_come)


def batches(records: Iterable[Record], size: int = BATCH_RECORDS) -> Iterator[Sequence[Record]]:
    """Cut `records` into batches, in their order."""
    left = iter(records)
    while batch := list(islice(left, size)):
        yield batch
