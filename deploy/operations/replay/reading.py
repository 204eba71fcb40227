"""A log's file and its mapping -> cases in order of time, and an account of every row that is not among them."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.files.problem import FileProblem, Unreadable, Wrong
from connectors.files.tables import NoRow, Row, Table
from connectors.files.yaml_text import read_yaml
from connectors.words.language import Language, Phrase
from connectors.words.letters import unified_letters
from consumers.jalali import STANDARD_TIME
from deploy.operations.replay.mapping import (
    Dropped,
    LogCalendar,
    LogMapping,
    MappingInvalid,
    OtherCalendar,
    ReplayCase,
    case_of,
    read_mapping,
    row_id,
)
from deploy.problem import Problem

WEEK = timedelta(days=7)
GZIP_MARK = b"\x1f\x8b"
_OTHER_CALENDAR = {
    LogCalendar.GREGORIAN: Wrong(
        Phrase("سال شمسی در جای میلادی است", "has a Jalali year where a Gregorian one is read"),
        Phrase("در نگاشت بنویسید calendar: jalali", "write `calendar: jalali` into the mapping"),
    ),
    LogCalendar.JALALI: Wrong(
        Phrase("سال میلادی در جای شمسی است", "has a Gregorian year where a Jalali one is read"),
        Phrase("calendar: jalali را از نگاشت بردارید", "leave `calendar: jalali` out of the mapping"),
    ),
}


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


def load_mapping(path: Path, language: Language = Language.EN) -> LogMapping:
    """Read a mapping file. Raises `Problem`."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"), str(path))
        for line, field, wrong in document.problems:
            raise _problem(path, line, field, wrong, language)
        try:
            return read_mapping(document.data)
        except MappingInvalid as error:
            raise _problem(path, document.line(*error.path), error.field, error.wrong, language) from error
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not YAML in UTF-8; save it as UTF-8.") from error
    except Unreadable as error:
        raise _problem(path, error.line, "document", error.wrong, language) from error


def read_log(path: Path, mapping: LogMapping, limit: int | None = None, language: Language = Language.EN) -> Replay:
    """Read a CSV log, plain or gzipped; with `limit`, stop after so many cases. Raises `Problem`."""
    replay = Replay(mapping)
    seen: Counter[str] = Counter()
    for row in _rows(path, mapping, language):
        if limit is not None and len(replay.cases) >= limit:
            break
        replay.rows += 1
        if isinstance(row, NoRow):
            replay.dropped[Dropped.BROKEN_ROW, ""] += 1
            continue
        try:
            case = case_of(row.cells, mapping)
        except OtherCalendar as error:
            wrong = _OTHER_CALENDAR[mapping.calendar]
            raise _problem(path, row.line, mapping.columns.opened, wrong, language) from error
        if isinstance(case, ReplayCase):
            seen[case.case_id] += 1
            if seen[case.case_id] > 1:
                case = _another(case, row, seen[case.case_id], mapping)
        if isinstance(case, Dropped):
            replay.dropped[case, _about(case, row.cells, mapping)] += 1
        else:
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


def _another(case: ReplayCase, row: Row, time: int, mapping: LogMapping) -> ReplayCase | Dropped:
    """Return what becomes of a row whose id was there before: without ids, equal rows are cases of their own."""
    return Dropped.REPEATED if mapping.columns.id is not None else replace(case, case_id=row_id(row.cells, time))


def _rows(path: Path, mapping: LogMapping, language: Language) -> Iterator[Row | NoRow]:
    wanted = mapping.columns.names()
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP_MARK
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            table = Table(stream, wanted)  # type: ignore[arg-type]  # a GzipFile reads bytes like any other
            missing = set(wanted) - set(table.columns)
            if missing:
                raise Problem(f"{path} has no column {', '.join(sorted(missing))}; correct the mapping's columns.")
            yield from table
    except (OSError, EOFError) as error:
        raise Problem(f"{path} cannot be read: {error}.") from error
    except Unreadable as error:
        raise _problem(path, error.line, "row", error.wrong, language) from error


def _problem(path: Path, line: int, field: str, wrong: Wrong, language: Language) -> Problem:
    return Problem(FileProblem(str(path), line, field, *wrong).words(language))


def _about(reason: Dropped, row: Mapping[str, str], mapping: LogMapping) -> str:
    """Return what of a dropped row people want counted: its category or its place, never more."""
    if reason in (Dropped.LEFT_OUT, Dropped.UNKNOWN_CATEGORY):
        return unified_letters(row[mapping.columns.category]).strip()
    if reason is Dropped.UNKNOWN_PLACE and mapping.columns.place is not None:
        return unified_letters(row[mapping.columns.place]).strip()
    return ""
