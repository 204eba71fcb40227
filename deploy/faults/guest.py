"""A trial on somebody's own bus: who works there and what is under way, asked before anything is done."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import psycopg

from connectors.broker.admin import BrokerAdmin
from connectors.database.runner.leases import LEASE_SECONDS
from connectors.database.sql.engine import plain_url
from consumers.requests.domain.life.state import ENDED
from deploy.faults.crew import KINDS
from deploy.faults.fault import Fault
from deploy.faults.province import AGENCIES, OFFICES, TRIAL
from deploy.faults.table import FAULTS
from deploy.problem import Problem, Unreachable
from deploy.settings import Settings
from schemas.topics import INTAKE_AGENCY

_WORKERS = """
SELECT consumer, count(*) FROM worker
WHERE consumer = ANY(%s) AND seen_at > clock_timestamp() - make_interval(secs => %s) GROUP BY consumer
"""
_LIVE = "SELECT count(*) FROM request WHERE state <> ALL(%s) AND coalesce(agency, '') <> ALL(%s)"


@dataclass(frozen=True, slots=True)
class Host:
    """The bus as it was found: workers by kind, requests of others that have not ended, and its cluster's id."""

    workers: Mapping[str, int]
    live_requests: int
    cluster_id: str

    def faults(self) -> list[Fault]:
        """Return the faults that mean something beside the workers that are there."""
        return [fault for fault in FAULTS if not (fault.alone and self.workers)]


def visit(settings: Settings) -> Host:
    """Look at the bus of `settings` without changing anything.

    Raises `Problem` when a setting is missing, when its database cannot be asked or is not a bus's, and
    `BrokerUnavailable`.
    """
    # Workers of the trial decide beside the bus's own, and must draw from the same secret.
    settings.routing_key()
    with closing(BrokerAdmin(settings.kafka_login())) as admin:
        cluster_id = admin.cluster_id()
    try:
        with psycopg.connect(plain_url(settings.worker_database_url())) as connection:
            workers = connection.execute(_WORKERS, (list(KINDS), LEASE_SECONDS)).fetchall()
            live = connection.execute(_LIVE, (list(ENDED), list(AGENCIES))).fetchone()
    except psycopg.errors.UndefinedTable:
        raise Problem("This database has no tables of the bus: `pishkhan up` makes them.") from None
    except psycopg.Error as error:
        raise Unreachable(f"The database does not answer ({type(error).__name__}). Try `pishkhan doctor`.") from None
    assert live is not None, "a count is one row"
    return Host(dict(workers), int(live[0]), cluster_id)


def announcement(host: Host, faults: list[Fault], runs: int) -> list[str]:
    """Return what a person must know before anything is done: what will be, what stays, and what is left alone."""
    topics = ", ".join(INTAKE_AGENCY.for_agency(code) for code in AGENCIES)
    names = ", ".join(fault.name for fault in faults)
    lines = [
        f"On the bus of cluster {host.cluster_id} this will",
        f"- make the topics {topics};",
        (
            f"- publish a province of {len(AGENCIES)} agencies and {len(OFFICES)} offices, all called {TRIAL}-..., and "
            "with every run some offices more;"
        ),
        (
            "- publish thousands of requests to them, some of them doubled, malformed or forged on purpose: "
            f"{runs} run(s) each of {names};"
        ),
        f"- start workers of its own on this machine ({', '.join(KINDS)}), and kill and freeze these.",
        (
            "All of that stays: logs and ledger keep everything. Other agencies, offices and accounts are not touched; "
            "engines and other workers are not harmed."
        ),
    ]
    if host.workers:
        there = ", ".join(f"{count} {kind}" for kind, count in sorted(host.workers.items()))
        lines.append(f"Other workers are at work ({there}): they share the work, and are left alone.")
    left_out = [fault.name for fault in FAULTS if fault.alone and host.workers]
    if left_out:
        lines.append(f"Without them, {', '.join(left_out)} could be played, too.")
    if host.live_requests:
        lines.append(
            f"{host.live_requests:,} requests of others have not ended there. Workers of this trial, which will be "
            "killed and frozen, work on them as well: nothing should be lost, and they may wait for a minute."
        )
    return lines
