"""A steady stream of submissions, 500 a second, and how long each took to come out again."""

import time
from collections.abc import Iterator, Sequence

from connectors.broker.log_producer import LogProducer
from deploy.provinces.loader import Province
from producers.ports import OutboxRow
from tests.bench.corpus import submissions
from tests.bench.reader import Reader

#: Requests written in one go: 500 a second.
STEP_SECONDS = 0.02
STEP = 10
LATE_SECONDS_MAX = 60.0


def paced(producer: LogProducer, province: Province, seconds: float, seed: int, reader: Reader) -> list[float]:
    """Return the seconds from handing each submission to `producer` until `reader` has its routed event.

    A producer that has sent nothing yet first connects, which is part of what it is measured to take. Raises
    `TimeoutError` when some never come.
    """
    rows = list(submissions(province, int(seconds / STEP_SECONDS) * STEP, seed))
    sent_at: dict[bytes, float] = {}
    started = time.time()
    for step, chunk in enumerate(_steps(rows)):
        time.sleep(max(0.0, started + step * STEP_SECONDS - time.time()))
        now = time.time()
        sent_at.update((row.key, now) for row in chunk)
        producer.send(chunk)
    deadline = time.time() + LATE_SECONDS_MAX
    while not sent_at.keys() <= reader.seen_at.keys():
        if time.time() > deadline:
            raise TimeoutError("not every request came out; the workers' words are in bench.log")
        time.sleep(0.1)
    return [reader.seen_at[key] - moment for key, moment in sent_at.items()]


def _steps(rows: Sequence[OutboxRow]) -> Iterator[Sequence[OutboxRow]]:
    for start in range(0, len(rows), STEP):
        yield rows[start : start + STEP]
