"""Checks of what is on its way: what is not published yet, what was set aside, and what stands still."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.database.publication.days import ALL, OutboxDays
from connectors.database.publication.operator import GOES_OUT
from connectors.database.requests.owed import OWED_QUERY, Owed
from connectors.database.runner.dead_letters import LET_GO
from connectors.database.schema.metadata import OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT
from connectors.telemetry.standing import Standing
from connectors.words.remedies import REMEDIES, SEE_THE_LOG
from consumers.letters import LetGo
from consumers.parking import ParkReason
from deploy.operations.doctor.checks import CheckResult, Patient, good, has_tables, note, since_words, wrong
from schemas.topics import INTAKE_PREFIX

#: The relay publishes within moments; an event that is older than this waits for something.
UNPUBLISHED_SECONDS = 60
#: So many of the partitions that stand still for one cause are named; the first one's reason is told.
PLACES_SHOWN = 3


@dataclass(frozen=True)
class Unpublished:
    """What of one topic is committed and not published."""

    topic: str
    events: int
    oldest_seconds: float


@dataclass(frozen=True)
class Parked:
    """How many events of one consumer wait for one reason, and how many of them are tried again by themselves."""

    consumer: str
    reason: str
    events: int
    tried_again: int = 0
    next_try_seconds: float | None = None


def check_outbox(patient: Patient) -> Iterable[CheckResult]:
    """Is what was committed published, and is there a topic for all of it."""
    if patient.database is None or not has_tables(patient.database, "outbox"):
        return
    aside = has_tables(patient.database, "set_aside_row")
    rows = patient.database.execute(
        "SELECT topic, count(*), extract(epoch FROM clock_timestamp() - min(created_at))::float8 "
        f"FROM outbox WHERE {GOES_OUT if aside else 'published_at IS NULL'} GROUP BY topic ORDER BY topic"
    ).fetchall()
    waiting = [Unpublished(str(row[0]), int(str(row[1])), float(str(row[2]))) for row in rows]
    topics = None if patient.broker is None else {topic["name"] for topic in patient.broker.describe_topics()}
    yield from judge_outbox(waiting, topics)
    [days] = patient.database.execute(ALL).fetchall()
    yield judge_days(OutboxDays(*(int(str(number)) for number in days)))
    if aside:
        rows = patient.database.execute(
            "SELECT topic, count(*) FROM set_aside_row WHERE decided_at IS NULL GROUP BY topic ORDER BY topic"
        ).fetchall()
        yield from judge_set_aside({str(row[0]): int(str(row[1])) for row in rows})


def judge_days(days: OutboxDays) -> CheckResult:
    """Judge the outbox's daily partitions: the relay makes them ahead, and lets old ones go."""
    ages = f"the oldest {days.oldest_days} day(s) old, the newest {days.ahead_days} ahead"
    words = f"{days.partitions} daily partitions, {ages}"
    if days.ahead_days < OUTBOX_DAYS_AHEAD - 1:
        return wrong("outbox", f"{words}: soon nothing can be committed", "start the relay, which makes the next ones")
    if days.oldest_days > OUTBOX_DAYS_KEPT + 1:
        more = f"{words}: days over {OUTBOX_DAYS_KEPT} should have gone"
        return note("outbox", more, "see docs/runbook.md, Outbox days")
    return good("outbox", words)


def judge_set_aside(rows: Mapping[str, int]) -> Iterable[CheckResult]:
    """Judge what no broker takes, by topic."""
    for topic, count in rows.items():
        words = f"{count} event(s) for {topic} can never be published as they are; their keys wait, all others go on"
        yield wrong("outbox", words, "see `pishkhan outbox list`, and the section on it in docs/runbook.md")


def judge_outbox(waiting: Sequence[Unpublished], topics: Collection[str] | None) -> Iterable[CheckResult]:
    """Judge what waits by the broker's topics (none: it does not answer)."""
    for one in waiting:
        if topics is not None and one.topic not in topics:
            yield wrong("outbox", f"{one.events} event(s) wait for {one.topic}, which does not exist", _remedy(one))
    rest = [one for one in waiting if topics is None or one.topic in topics]
    events = sum(one.events for one in rest)
    oldest_seconds = max((one.oldest_seconds for one in rest), default=0.0)
    words = f"{events} event(s) wait to be published"
    if oldest_seconds > UNPUBLISHED_SECONDS:
        yield note("outbox", f"{words}, the oldest for {oldest_seconds:.0f} s", "see whether the relay is ready")
    else:
        yield good("outbox", words)


def _remedy(one: Unpublished) -> str:
    if not one.topic.startswith(INTAKE_PREFIX):
        return "start `pishkhan up`, which makes what is missing"
    return (
        "load the province of that agency, which makes its topic; if there is no such agency, let the owner "
        f"DELETE FROM outbox WHERE topic = '{one.topic}' AND published_at IS NULL"
    )


def check_waiting(patient: Patient) -> Iterable[CheckResult]:
    """Events that were set aside: parked ones wait for something, failed ones and dead letters for a person."""
    if patient.database is None:
        return
    if has_tables(patient.database, "parked_event"):
        rows = patient.database.execute(
            "SELECT consumer, reason, count(*), count(next_try_at), "
            "extract(epoch FROM min(next_try_at) - clock_timestamp())::float8 "
            "FROM parked_event GROUP BY consumer, reason ORDER BY consumer, reason"
        ).fetchall()
        yield from judge_parked([_parked(row) for row in rows])
    if has_tables(patient.database, "dead_letter"):
        rows = patient.database.execute(
            "SELECT consumer, count(*) FROM dead_letter GROUP BY consumer ORDER BY consumer"
        ).fetchall()
        for consumer, count in rows:
            yield note("waiting", f"{consumer} has {count} dead letter(s)", "see `pishkhan dead-letters list`")
    if has_tables(patient.database, "dead_letter_let_go"):
        yield from judge_let_go([LetGo._make(row) for row in patient.database.execute(LET_GO).fetchall()])


def judge_let_go(topics: Iterable[LetGo]) -> Iterable[CheckResult]:
    """Judge what is not kept any more, by topic: that letters of age go is as it should be."""
    for one in topics:
        words = f"of {one.topic} {one.letters} dead letter(s) were let go, the last at {one.last_at:%Y-%m-%d %H:%M} UTC"
        if one.for_room:
            more = f"{words}; {one.for_room} of them before they were old: there were too many"
            yield note("waiting", more, "inform its publisher; see docs/runbook.md, Many dead letters")
        else:
            yield good("waiting", words)


def judge_parked(parked: Iterable[Parked]) -> Iterable[CheckResult]:
    """Judge the park: what failed at every try needs a person, the rest recovers by itself."""
    others: dict[str, list[str]] = defaultdict(list)
    for one in parked:
        if one.reason == ParkReason.FAILED:
            yield from _judge_failed(one)
        else:
            others[one.consumer].append(f"{one.events} {one.reason}")
    for consumer, counts in others.items():
        yield note("waiting", f"{consumer} has parked events: {', '.join(counts)}", "see `pishkhan parked list`")


def _judge_failed(one: Parked) -> Iterable[CheckResult]:
    undecided = one.events - one.tried_again
    if undecided:
        words = f"the code of {one.consumer} failed on {undecided} event(s) at every try, and all behind them waits"
        remedy = "find the cause in its log, then `pishkhan parked redrive` or `pishkhan parked skip`"
        yield wrong("waiting", words, remedy)
    if one.tried_again:
        words = f"the code of {one.consumer} failed on {one.tried_again} event(s)"
        seconds = max(0.0, one.next_try_seconds or 0.0)
        yield note("waiting", f"{words}; the next is tried again in {seconds:.0f} s", "find the cause in its log")


def _parked(row: Sequence[object]) -> Parked:
    seconds = None if row[4] is None else float(str(row[4]))
    return Parked(str(row[0]), str(row[1]), int(str(row[2])), int(str(row[3])), seconds)


def check_owed(patient: Patient) -> Iterable[CheckResult]:
    """Is money owed to citizens that offices have not given back."""
    if patient.database is None or not has_tables(patient.database, "request_owed"):
        return
    rows = patient.database.execute(OWED_QUERY, {"office": None}).fetchall()
    yield judge_owed([Owed(str(row[0]), *(int(str(value)) for value in row[1:])) for row in rows])


def judge_owed(owed: Sequence[Owed]) -> CheckResult:
    """Judge what is owed: nothing is broken, but a citizen waits."""
    if not owed:
        return good("owed", "nothing is owed to citizens")
    parts = ", ".join(f"{one.rial:,} rial of {one.requests} {one.reason}" for one in owed)
    words = f"{sum(one.rial for one in owed):,} rial are to be given back to citizens: {parts}"
    return note("owed", words, "`pishkhan office OFFICE inbox` shows whose, and the command for it")


def check_halted(patient: Patient) -> Iterable[CheckResult]:
    """Does a worker of this machine refuse to go on in some partition, and since when."""
    for name, standing in patient.workers.items():
        yield from judge_halted(name, standing)


def judge_halted(worker: str, standing: Standing) -> Iterable[CheckResult]:
    """Judge the partitions that a worker has halted, by cause."""
    for cause in sorted({halt.cause for halt in standing.halts}):
        halts = [halt for halt in standing.halts if halt.cause == cause]
        since = since_words(min(halt.since for halt in halts))
        places = ", ".join(f"{halt.topic}/{halt.partition}" for halt in halts[:PLACES_SHOWN])
        more = ", …" if len(halts) > PLACES_SHOWN else ""
        why = next((f": {halt.why}" for halt in halts if halt.why), "")
        words = f"{worker} has halted {len(halts)} partition(s) {since}: {cause}; {places}{more}{why}"
        yield wrong("halted", words, REMEDIES.get(cause, SEE_THE_LOG).en)
