"""The one declared table of checks, and how they are run."""

from collections.abc import Iterator

import psycopg
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from connectors.broker.reach import reachable
from connectors.database.schema.builds import DatabaseTooNew, was_expanded_by_a_newer_build
from connectors.database.sql.engine import plain_url
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.operations.doctor.accounts import check_accounts
from deploy.operations.doctor.checks import Check, CheckResult, Patient, wrong
from deploy.operations.doctor.contents import check_lag, check_rights, check_tables, check_topics
from deploy.operations.doctor.counts import check_asked, check_counts
from deploy.operations.doctor.engines import check_broker, check_clock, check_database, check_failpoint, check_workers
from deploy.operations.doctor.flow import check_halted, check_outbox, check_owed, check_waiting
from deploy.operations.doctor.machine import check_disk, check_memory, check_programs, check_python
from deploy.operations.doctor.vault import check_vault
from deploy.problem import Problem
from deploy.running.readiness import ask
from deploy.settings import Settings
from deploy.workers.table import WORKERS

ANSWER_WITHIN_MS = 5_000

CHECKS: tuple[Check, ...] = (
    # The machine, whether anything runs or not.
    check_python,
    check_programs,
    check_memory,
    check_disk,
    # Who answers.
    check_broker,
    check_database,
    check_workers,
    check_failpoint,
    check_clock,
    # What is in them.
    check_topics,
    check_rights,
    check_accounts,
    check_tables,
    check_lag,
    check_counts,
    check_vault,
    # What is on its way.
    check_outbox,
    check_waiting,
    check_halted,
    # What citizens wait for.
    check_owed,
    # What none of these has asked.
    check_asked,
)


def examine(settings: Settings) -> Iterator[CheckResult]:
    """Run every check against the bus of these settings.

    A check that fails in itself is no end, and something wrong: what it would have seen is not known.
    """
    broker, broker_problem = _reach_broker(settings)
    database, database_problem = _reach_database(settings)
    answers = {row.name: ask(settings, row) for row in WORKERS}
    workers = {name: answer.standing for name, answer in answers.items() if answer is not None}
    too_new = "" if database is None else _too_new(database)
    seen = None if too_new else database
    patient = Patient(settings, broker, broker_problem, seen, database_problem, workers, too_new)
    try:
        for check in CHECKS:
            subject = check.__name__.removeprefix("check_")
            try:
                yield from check(patient)
            except (KafkaError, psycopg.Error, BrokerUnavailable, DatabaseUnavailable, Problem) as failure:
                yield wrong(subject, f"could not be checked: {failure}", "see the lines above, then try again")
            except Exception as failure:
                # Not its words: they may quote what it read.
                words = f"could not be checked: the check itself failed ({type(failure).__name__})"
                yield wrong(subject, words, "this is a fault of this version: try again, then report it")
    finally:
        if broker is not None:
            broker.close()
        if database is not None:
            database.close()


def _too_new(database: psycopg.Connection[tuple[object, ...]]) -> str:
    """Return what is to be said of a database on which this build may not work; nothing of any other."""
    try:
        was_expanded_by_a_newer_build(database)
    except DatabaseTooNew as newer:
        return str(newer)
    return ""


def _reach_broker(settings: Settings) -> tuple[KafkaAdminClient | None, str]:
    nobody = f"no broker answers at {settings.kafka_bootstrap} to user {settings.kafka_user}"
    try:
        login = settings.kafka_login()
        # The client itself tries for seconds where nobody listens.
        if not reachable(settings.kafka_bootstrap):
            return None, nobody
        client = KafkaAdminClient(
            **login, request_timeout_ms=2 * ANSWER_WITHIN_MS, bootstrap_timeout_ms=ANSWER_WITHIN_MS
        )
    except Problem as problem:
        return None, str(problem)
    except KafkaError:
        return None, nobody
    return client, ""


def _reach_database(settings: Settings) -> tuple[psycopg.Connection[tuple[object, ...]] | None, str]:
    try:
        url = plain_url(settings.worker_database_url())
        connection = psycopg.connect(url, connect_timeout=ANSWER_WITHIN_MS // 1_000, autocommit=True)
    except Problem as problem:
        return None, str(problem)
    except psycopg.OperationalError as failure:
        return None, f"the database does not answer: {str(failure).strip().splitlines()[-1]}"
    return connection, ""
