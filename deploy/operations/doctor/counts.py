"""Checks that count: rows against what others know of them, logs against what was decided, positions against both.

They see what is lost for certain, and cheaply. What they do not see, `check_asked` says: only a reconciliation does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from psycopg import Connection

from connectors.database.figures import questions
from connectors.database.figures.questions import GivenUp
from connectors.database.reconciliation.verdicts import last_verdict
from connectors.words.calendar import local_moment
from connectors.words.language import Language
from consumers.reconciliation.domain.questions import (
    Entered,
    LogSize,
    PartitionCounts,
    Registered,
    SettlementCounts,
    lost_from_registry,
    lost_from_requests,
    lost_from_settlement,
    moved_back,
    skipped_by_settlement,
)
from consumers.reconciliation.verdict import KeptVerdict
from deploy.operations.doctor.checks import CheckResult, Patient, good, has_tables, note, since_words, wrong
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

#: The subject of what no check has asked.
NOT_ASKED = "not asked"
RECONCILE = "keep the database as it is; `pishkhan reconcile` names what is missing"
VERIFY = "keep the database as it is; `pishkhan ledger verify` names the rows"
REPAIR = "`pishkhan reconcile` names them, and `pishkhan repair topic {topic}` puts back what the outbox still has"
#: What these questions read.
_TABLES = (
    "request",
    "settlement_progress",
    "kpi_request_fact",
    "consumer_offset",
    "outbox",
    "parked_event",
    "dead_letter",
    "registry_version",
    "registry_head",
    "ledger_transfer",
    "ledger_balance",
    "settlement_window",
)
_LOGS = (LOG_REQUESTS.name, LOG_REGISTRY.name, LOG_SETTLEMENT.name)
Answer = TypeVar("Answer")


def check_counts(patient: Patient) -> Iterable[CheckResult]:
    """Do rows, logs and positions hold as much as the others say that they must."""
    if patient.database is None or not has_tables(patient.database, *_TABLES):
        return
    unanswered: list[str] = []
    entered = _asked(questions.entered, patient.database, "requests' rows and settlement's position", unanswered)
    registered = _asked(questions.registered, patient.database, "the registry's versions", unanswered)
    told = _asked(questions.told, patient.database, "settlement's log", unanswered)
    pages = _asked(questions.pages, patient.database, "the ledger's rows", unanswered)
    # After the database: what comes meanwhile only makes logs longer than they must be.
    logs = {} if patient.broker is None else logs_of(patient.broker)
    if entered is not None:
        yield from judge_requests(entered, logs.get(LOG_REQUESTS.name))
    if registered is not None:
        yield from judge_registry(registered, logs.get(LOG_REGISTRY.name))
    if told is not None:
        yield from judge_told(told, logs.get(LOG_SETTLEMENT.name))
    if pages is not None:
        yield from judge_pages(pages)
    yield from judge_beginnings(logs)
    for what in unanswered:
        yield note(NOT_ASKED, f"{what}: the database gave no answer in time", "`pishkhan reconcile` takes its time")


def check_asked(patient: Patient) -> Iterable[CheckResult]:
    """Say what no check has asked, and what a reconciliation last said of it."""
    if patient.database is not None and has_tables(patient.database, "reconciliation_verdict"):
        yield judge_verdict(last_verdict(patient.database), datetime.now(UTC))


def judge_verdict(last: KeptVerdict | None, now: datetime) -> CheckResult:
    """Judge what a reconciliation last said; `now` is real time."""
    unasked = "every row against every record, and the positions of registry, requests and figures"
    remedy = "`pishkhan reconcile` asks all of it, beside live traffic; it reads every topic"
    if last is None:
        return note(NOT_ASKED, f"{unasked}; reconcile has never said anything here", remedy)
    moment = local_moment(last.said_at, Language.EN)
    said = f"reconcile last said on {moment} (Tehran; {since_words(last.said_at, now)})"
    if last.differences:
        words = f"{said}: {last.differences} differences, {last.harmless} harmless"
        return wrong("reconcile", words, "run it again when they are repaired: until then this is the last word")
    found = f"nothing differs, {last.harmless} harmless" if last.harmless else "nothing differs"
    return note(NOT_ASKED, f"{unasked}; {said}: {found}", remedy)


def judge_requests(entered: Entered, log: LogSize | None) -> Iterator[CheckResult]:
    """Judge requests' rows, their log (none: the broker does not answer) and settlement's way through it."""
    topic = LOG_REQUESTS.name
    if entered.missing:
        words = f"{entered.missing} request(s) that settlement or the figures know have no row, or an older one"
        yield wrong("requests", words, RECONCILE)
    else:
        yield good("requests", f"{entered.events} events of requests and acts: none is known without its row")
    if log is None:
        return
    if lost := lost_from_requests(entered, log):
        yield _lost(topic, lost)
    if skipped := skipped_by_settlement(entered, log):
        words = f"settlement is past {skipped} event(s) at least that it has not entered: its position was moved"
        yield wrong("settlement", words, REPAIR.format(topic=topic))
    elif back := moved_back(entered):
        words = f"settlement's position lies before {back} event(s) at least that it has entered: it was moved back"
        yield note("settlement", words, "nothing need be done: it skips them; find out who moved it")
    else:
        yield good("settlement", f"{entered.entered} events are entered, as many as its position allows")


def judge_registry(registered: Registered, log: LogSize | None) -> Iterator[CheckResult]:
    """Judge the registry's versions and their log."""
    if registered.rows != registered.revision:
        words = f"the registry counts {registered.revision} versions and has {registered.rows}"
        yield wrong("registry", words, RECONCILE)
    else:
        yield good("registry", f"all {registered.rows} versions are there")
    if log is not None and (lost := lost_from_registry(registered, log)):
        yield _lost(LOG_REGISTRY.name, lost)


def judge_told(told: SettlementCounts, log: LogSize | None) -> Iterator[CheckResult]:
    """Judge settlement's log."""
    if log is not None and (lost := lost_from_settlement(told, log)):
        yield _lost(LOG_SETTLEMENT.name, lost)


def judge_pages(pages: Sequence[PartitionCounts]) -> Iterator[CheckResult]:
    """Judge how many rows the ledger has, and their sums, by partition."""
    differing = [page for page in pages if page.differs]
    for page in differing:
        words = (
            f"partition {page.partition} has {page.rows} rows of {page.amount_rial:,} rial in all; its chain was kept "
            f"for {page.kept_rows}, its running sums for {page.kept_rial:,}"
        )
        yield wrong("ledger", words, VERIFY)
    if not differing:
        yield good("ledger", f"{sum(page.rows for page in pages)} rows, as many and as much as was kept for them")


def judge_beginnings(logs: Mapping[str, LogSize]) -> Iterator[CheckResult]:
    """Judge whether logs that are kept for ever still have their beginnings."""
    for topic, log in logs.items():
        for number, begin in log.begins_late.items():
            words = f"{topic}/{number} begins at {begin}: its first records are gone"
            yield wrong(
                "logs", words, "look at the topic's retention on the broker; the beginning cannot be made again"
            )
    if logs and not any(log.begins_late for log in logs.values()):
        records = sum(log.records for log in logs.values())
        yield good("logs", f"{records} records in the logs that are kept for ever, from their first on")


def logs_of(broker: KafkaAdminClient) -> dict[str, LogSize]:
    """Return how much each log that is kept for ever holds, of those that are there."""
    there = {topic["name"]: len(topic["partitions"]) for topic in broker.describe_topics() if topic["name"] in _LOGS}
    places = [TopicPartition(topic, number) for topic, count in there.items() for number in range(count)]
    if not places:
        return {}
    begins = broker.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    ends = broker.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {
        topic: LogSize(
            records=sum(ends[one].offset - begins[one].offset for one in places if one.topic == topic),
            begins_late={
                one.partition: begins[one].offset for one in places if one.topic == topic and begins[one].offset > 0
            },
        )
        for topic in sorted(there)
    }


def _asked(
    question: Callable[[Connection[Any]], Answer], database: Connection[Any], what: str, unanswered: list[str]
) -> Answer | None:
    try:
        return question(database)
    except GivenUp:
        unanswered.append(what)
        return None


def _lost(topic: str, events: int) -> CheckResult:
    return wrong("logs", f"{topic} lacks {events} event(s) at least that were decided", REPAIR.format(topic=topic))
