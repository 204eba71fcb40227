"""The logs that an earlier version wrote, and what its own database held of them: what must fold for ever."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from consumers.runner.records import Record

#: Every folder of tests/data/logs whose logs are kept, by the commit that wrote them.
RECORDED = ("b84f210",)
_FOLDER = Path(__file__).parents[2] / "data" / "logs"


@dataclass(frozen=True, slots=True)
class RecordedLogs:
    """All records of the three logs, each partition in its order, and what was expected of them (see NOTICE.md)."""

    records: tuple[Record, ...]
    expected: dict[str, Any]

    def of(self, topic: str) -> list[Record]:
        """Return the records of one topic."""
        return [record for record in self.records if record.topic == topic]


@cache
def recorded(commit: str) -> RecordedLogs:
    """Return what `commit` left behind."""
    lines = gzip.decompress((_FOLDER / f"{commit}.ndjson.gz").read_bytes()).decode().splitlines()
    return RecordedLogs(tuple(map(_record, lines[1:])), json.loads(lines[0])["expected"])


def _record(line: str) -> Record:
    topic, partition, position, appended_at, key, headers, value = json.loads(line)
    named = tuple((name, None if text is None else text.encode()) for name, text in headers.items())
    moment = datetime.fromisoformat(appended_at)
    return Record(topic, partition, position, key.encode(), named, value.encode(), moment)
