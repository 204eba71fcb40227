"""A log's file and its mapping -> cases in order of time, and an account of every row that is not among them."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from consumers.jalali import STANDARD_TIME
from deploy.operations.replay.mapping import Dropped, LogMapping, MappingInvalid, ReplayCase, case_of, read_mapping
from deploy.problem import Problem

WEEK = timedelta(days=7)
GZIP_MARK = b"\x1f\x8b"


@dataclass(slots=True)
class Replay:
    """Everything that a log says under one mapping. `rows` counts those read; every one is a case or dropped."""

    mapping: LogMapping
    cases: list[ReplayCase] = field(default_factory=list)
    dropped: Counter[tuple[Dropped, str]] = field(default_factory=Counter)
    rows: int = 0

    def dropped_by_reason(self) -> dict[Dropped, int]:
        """Return how many rows were dropped for each reason, most first."""
        counts: Counter[Dropped] = Counter()
        for (reason, _), rows in self.dropped.items():
            counts[reason] += rows
        return dict(counts.most_common())


def load_mapping(path: Path) -> LogMapping:
    """Read a mapping file. Raises `Problem`."""
    try:
        return read_mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not YAML: {error}") from error
    except MappingInvalid as error:
        raise Problem(f"{path}: {error}.") from error


def read_log(path: Path, mapping: LogMapping, limit: int | None = None) -> Replay:
    """Read a CSV log, plain or gzipped; with `limit`, stop after so many cases. Raises `Problem`."""
    replay = Replay(mapping)
    seen: set[str] = set()
    for row in _rows(path, mapping):
        if limit is not None and len(replay.cases) >= limit:
            break
        replay.rows += 1
        case = case_of(row, mapping)
        if isinstance(case, ReplayCase) and case.case_id in seen:
            case = Dropped.REPEATED
        if isinstance(case, Dropped):
            replay.dropped[case, _about(case, row, mapping)] += 1
        else:
            seen.add(case.case_id)
            replay.cases.append(case)
    replay.cases.sort(key=lambda case: (case.opened_at, case.case_id))
    return replay


def business_times(cases: list[ReplayCase], start: datetime, speed: float = 1.0) -> list[datetime]:
    """Return when each case arrives on the bus's clock.

    The log's first day is laid on the first day of the same name from the day of `start` on, so working days stay
    working days; then time runs `speed` times as fast as in the log. Hours before `start` on that day are past.
    """
    if not cases:
        return []
    first_day = _midnight(cases[0].opened_at)
    # Rounded up to whole weeks.
    weeks = -((first_day - _midnight(start.astimezone(STANDARD_TIME).replace(tzinfo=None))) // WEEK)
    begins = first_day + weeks * WEEK
    return [
        (begins + (case.opened_at - first_day) / speed).replace(tzinfo=STANDARD_TIME).astimezone(UTC) for case in cases
    ]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _rows(path: Path, mapping: LogMapping) -> Iterator[dict[str, str]]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP_MARK
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            reader = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
            missing = set(mapping.columns.model_dump().values()) - set(reader.fieldnames or ())
            if missing:
                raise Problem(f"{path} has no column {', '.join(sorted(missing))}; correct the mapping's columns.")
            yield from reader
    except (OSError, EOFError) as error:
        raise Problem(f"{path} cannot be read: {error}.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not CSV in UTF-8: {error}.") from error


def _about(reason: Dropped, row: dict[str, str], mapping: LogMapping) -> str:
    """Return what of a dropped row people want counted: its category or its place, never more."""
    if reason in (Dropped.LEFT_OUT, Dropped.UNKNOWN_CATEGORY):
        return (row.get(mapping.columns.category) or "").strip()
    return (row.get(mapping.columns.place) or "").strip() if reason is Dropped.UNKNOWN_PLACE else ""
