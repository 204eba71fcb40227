"""Checks of what is in the engines: topics, who may write to them, tables, how far consumers are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    OffsetSpec,
    ResourcePatternFilter,
    ResourceType,
)

from connectors.accounts import ACCOUNTS
from connectors.broker.admin import topic_rows
from connectors.database.schema.builds import was_expanded_by_a_newer_build
from connectors.database.schema.migrate import drift
from connectors.database.schema.tables import metadata
from consumers.kpi.reading import TOPICS as FIGURES
from deploy.agencies import Agencies
from deploy.operations.doctor.checks import CheckResult, Patient, good, note, wrong
from deploy.settings import Settings
from schemas.topics import INTAKE_PREFIX, RESERVED_AGENCY_CODES

BEHIND_EVENTS = 1_000
# Rows that are history: a worker adds to them, and takes nothing back.
APPEND_ONLY = ("ledger_transfer", "settlement_window")
PREPARE = "start `pishkhan up`, which makes what is missing"


@dataclass(frozen=True)
class ConsumerPosition:
    """How far one consumer is on one partition. `held` says whether a living worker has its lease."""

    consumer: str
    topic: str
    topic_id: str
    partition: int
    next_position: int
    held: bool


def check_topics(patient: Patient) -> Iterable[CheckResult]:
    """Is every topic of the table there, cut as the table says."""
    if patient.broker is None:
        return
    partitions = {topic["name"]: len(topic["partitions"]) for topic in patient.broker.describe_topics()}
    known = Agencies(patient.settings.data_directory).codes()
    yield from judge_topics(partitions, sorted({*agencies_of(partitions), *known}))


def judge_topics(partitions: Mapping[str, int], agencies: Sequence[str]) -> Iterable[CheckResult]:
    """Compare partition counts by topic with the table."""
    fine = 0
    for wanted in topic_rows(agencies):
        found = partitions.get(wanted.name)
        if found is None:
            yield wrong("topics", f"{wanted.name} is missing", PREPARE)
        elif found != wanted.row.partitions:
            words = f"{wanted.name} has {found} partitions, not {wanted.row.partitions}: keys are on the wrong ones"
            yield wrong(
                "topics", words, "let its consumers finish it, delete it, and let `pishkhan up` create it again"
            )
        else:
            fine += 1
    yield good("topics", f"{fine} as declared, {len(agencies)} of them intake of agencies")


def agencies_of(topics: Iterable[str]) -> list[str]:
    """Codes of the agencies that have an intake topic."""
    codes = (name.removeprefix(INTAKE_PREFIX) for name in topics if name.startswith(INTAKE_PREFIX))
    return sorted(code for code in codes if code not in RESERVED_AGENCY_CODES)


def check_rights(patient: Patient) -> Iterable[CheckResult]:
    """May each writer write its own topic, and nobody another's."""
    if patient.broker is None:
        return
    agencies = agencies_of(topic["name"] for topic in patient.broker.describe_topics())
    yield from judge_rights(_rules(patient.broker), agencies, writers_of_all(patient.settings))


def writers_of_all(settings: Settings) -> set[tuple[str, str]]:
    """Return what the bus's own accounts may write: (topics, user).

    A command may have been told of no account but its own: then it is the user of the declared name.
    """
    users = {row.name: login.kafka_user for row in ACCOUNTS if (login := settings.accounts.get(row.name)) is not None}
    return {(topics, f"User:{users.get(row.name) or row.kafka_user}") for row in ACCOUNTS for topics in row.writes}


def _rules(broker: KafkaAdminClient) -> Sequence[ACL]:
    anything = ResourcePatternFilter(ResourceType.TOPIC, None, ACLResourcePatternType.ANY)
    rules, _ = broker.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything))
    found: Sequence[ACL] = rules
    return found


def judge_rights(
    rules: Sequence[ACL], agencies: Sequence[str], writers: Collection[tuple[str, str]] = ()
) -> Iterable[CheckResult]:
    """Compare the broker's rules with the table: what is missing, and what lets somebody write another's topic.

    `writers` are the bus's own, each with the topics that it may write.
    """
    allowed = {
        (rule.resource_pattern.resource_name, rule.principal)
        for rule in rules
        if rule.permission_type is ACLPermissionType.ALLOW
        and rule.operation in (ACLOperation.WRITE, ACLOperation.ALL)
        and rule.resource_pattern.resource_type is ResourceType.TOPIC
    }
    wanted = {(row.name, f"User:{row.writer_user}") for row in topic_rows(agencies) if row.writer_user is not None}
    for topic, user in sorted(wanted - allowed):
        yield wrong("rights", f"{user} may not write {topic}", PREPARE)
    for topic, user in sorted(allowed - wanted - set(writers)):
        # A rule may name a prefix or everything; whatever is not exactly the table's is looked at by a person.
        if topic == "*" or topic.startswith("pishkhan.") or "pishkhan.".startswith(topic):
            words = f"{user} may write {topic}, which only its own writer should"
            yield wrong("rights", words, "remove that rule on the broker (kafka-acls --remove)")
    yield good("rights", f"{len(wanted & allowed)} writers may write their own topic")


def check_tables(patient: Patient) -> Iterable[CheckResult]:
    """Is every table there and of the newest form, and is history safe from workers."""
    if patient.database is None:
        return
    rows = patient.database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    there = {str(row[0]) for row in rows}
    missing = sorted(set(metadata.tables) - there)
    if missing:
        yield wrong("tables", f"missing: {', '.join(missing)}", PREPARE)
        return
    if was_expanded_by_a_newer_build(patient.database):
        yield note("tables", f"all {len(metadata.tables)} there, and what a newer build has added beside them")
    else:
        yield judge_form(patient.settings.database_owner_url.get_secret_value())
    yield from _history_is_safe(patient)


def judge_form(owner: str) -> CheckResult:
    """Say whether the tables have the newest form, by the owner's URL if there is one."""
    differences = drift(owner) if owner else []
    if differences:
        words = f"the tables differ from what this version expects, in {len(differences)} place(s)"
        return wrong("tables", words, "start `pishkhan up` of this version, which changes them")
    return good(
        "tables", f"all {len(metadata.tables)} there" + ("" if owner else " (form not compared: no owner's URL)")
    )


def _history_is_safe(patient: Patient) -> Iterable[CheckResult]:
    assert patient.database is not None
    for table in APPEND_ONLY:
        row = patient.database.execute(
            "SELECT has_table_privilege(%(table)s, 'UPDATE') OR has_table_privilege(%(table)s, 'DELETE') "
            "OR has_table_privilege(%(table)s, 'TRUNCATE')",
            {"table": table},
        ).fetchone()
        if row is not None and row[0]:
            words = f"{patient.database.info.user} may change or remove rows of {table}"
            yield wrong("tables", words, f"revoke UPDATE, DELETE, TRUNCATE on {table}; use the role made for workers")


def check_lag(patient: Patient) -> Iterable[CheckResult]:
    """How far behind its topics each consumer is, and whether anybody works on it."""
    if patient.broker is None or patient.database is None:
        return
    topics = patient.broker.describe_topics()
    topic_ids = {topic["name"]: str(topic["topic_id"]) for topic in topics}
    positions = [*_positions(patient), *_figures_positions(patient, topics)]
    wanted = {
        TopicPartition(one.topic, one.partition): OffsetSpec.LATEST for one in positions if one.topic in topic_ids
    }
    ends = patient.broker.list_partition_offsets(wanted) if wanted else {}
    yield from judge_lag(positions, topic_ids, {(one.topic, one.partition): end.offset for one, end in ends.items()})


def _positions(patient: Patient) -> list[ConsumerPosition]:
    assert patient.database is not None
    if patient.database.execute("SELECT to_regclass('consumer_offset')").fetchone() == (None,):
        return []
    rows = patient.database.execute(
        "SELECT consumer, topic, topic_id, partition, next_position, coalesce(lease_until > clock_timestamp(), false) "
        "FROM consumer_offset ORDER BY consumer, topic, partition"
    ).fetchall()
    return [
        ConsumerPosition(str(row[0]), str(row[1]), str(row[2]), int(str(row[3])), int(str(row[4])), bool(row[5]))
        for row in rows
    ]


def _figures_positions(patient: Patient, topics: Iterable[Mapping[str, Any]]) -> list[ConsumerPosition]:
    """Return how far the figures are. The kpi worker has no leases: whether it runs is another check's."""
    assert patient.database is not None
    if patient.database.execute("SELECT to_regclass('kpi_position')").fetchone() == (None,):
        return []
    rows = patient.database.execute("SELECT topic, partition, next_position FROM kpi_position").fetchall()
    kept = {(str(row[0]), int(str(row[1]))): int(str(row[2])) for row in rows}
    return [
        ConsumerPosition(
            "kpi", topic["name"], str(topic["topic_id"]), number, kept.get((topic["name"], number), 0), held=True
        )
        for topic in topics
        if topic["name"] in FIGURES
        for number in range(len(topic["partitions"]))
    ]


def judge_lag(
    positions: Sequence[ConsumerPosition], topic_ids: Mapping[str, str], ends: Mapping[tuple[str, int], int]
) -> Iterable[CheckResult]:
    """Judge positions against the ends of the partitions that are there now."""
    for consumer in sorted({one.consumer for one in positions}):
        behind, unheld = 0, 0
        for one in (one for one in positions if one.consumer == consumer):
            place = f"{one.topic}-{one.partition}"
            end = ends.get((one.topic, one.partition))
            if end is None or topic_ids.get(one.topic) != one.topic_id:
                why = "the topic was deleted and created again, or the broker is another"
                remedy = f"{why}: run `pishkhan repair topic {one.topic}`"
                yield wrong("lag", f"{consumer} knows another {one.topic} than the broker has", remedy)
                continue
            if one.next_position > end:
                # Both look alike from here: a record that was lost is missed by the outbox, which a comparison asks.
                remedy = (
                    "the log lost its tail, or somebody moved the position: `pishkhan reconcile` names what the log "
                    f"lacks (not_in_log), and `pishkhan repair topic {one.topic}` mends either"
                )
                yield wrong("lag", f"{consumer} is at {one.next_position} of {place}, which ends at {end}", remedy)
                continue
            behind += end - one.next_position
            unheld += end > one.next_position and not one.held
        if unheld:
            words = f"{consumer} is {behind} events behind, and nobody works on {unheld} of its partitions"
            yield wrong("lag", words, f"start `pishkhan worker {consumer}`, or read its log if it runs")
        elif behind > BEHIND_EVENTS:
            yield note("lag", f"{consumer} is {behind} events behind", "if this grows, start another worker of it")
        else:
            yield good("lag", f"{consumer} is {behind} events behind")
