"""What breaks an engine: restarts without warning, in the middle of everything."""

import signal
from typing import Any

from kafka import KafkaAdminClient

from connectors.broker.login import client_arguments, meaningful_errors
from connectors.failpoints import Failpoint, FailpointAct
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.postgres import EmbeddedPostgres
from deploy.faults.crew import as_struck
from deploy.faults.fault import Trial
from deploy.faults.look import INTAKE
from deploy.faults.waiting import until
from schemas.topics import LOG_REQUESTS
from tests.faults.stages import OwnBus, own

#: Where a worker may be when its database goes away: with locks, with half a COPY, with everything but the commit.
IN_MID_TRANSACTION = (Failpoint.AFTER_COMPARE_AND_SET, Failpoint.INSIDE_COPY, Failpoint.BEFORE_COMMIT)
#: Kafka's own suite allows as long.
WITHOUT_LEADER_SECONDS = 30.0
IN_SYNC_SECONDS = 90.0


def restart_postgres(trial: Trial) -> None:
    """Restart PostgreSQL as after a crash, while one worker is frozen in the middle of a transaction."""
    postgres = own(trial).postgres
    kind, point = trial.chance.choice(("requests", "settlement")), trial.chance.choice(IN_MID_TRANSACTION)
    with trial.load():
        armed = trial.armed(point, FailpointAct.STOP)
        trial.note(f"{kind} is armed: {armed}")
        [victim] = as_struck([trial.bus.crew.replace(kind, armed)])
        quit_postgres(postgres)
        struck_at = trial.struck()
        trial.note(f"{kind} is frozen at {point}; PostgreSQL is gone")
        victim.signal(signal.SIGCONT)
        trial.pause(trial.chance.uniform(0.0, 2.0))
        start_postgres(postgres)
        trial.note("PostgreSQL is there again")
        trial.recovered(struck_at)


def restart_kafka(trial: Trial) -> None:
    """Kill the only broker under load, and start it again after a while."""
    [kafka] = own(trial).kafka.brokers
    with trial.load():
        trial.pause(trial.chance.uniform(0.5, 2.0))
        kill_kafka(kafka)
        struck_at = trial.struck()
        trial.note("the broker is gone")
        trial.pause(trial.chance.uniform(0.0, 5.0))
        start_kafka(kafka)
        trial.note("the broker is there again")
        trial.recovered(struck_at)


def kill_the_leader(trial: Trial) -> None:
    """Kill the broker that leads a partition; work goes on with the other two, and then it comes back."""
    bus = own(trial)
    topic, number = trial.chance.choice((*((name, 0) for name in INTAKE), (LOG_REQUESTS.name, 3)))
    with trial.load():
        trial.pause(trial.chance.uniform(0.5, 2.0))
        leader = _partitions(bus)[topic, number]["leader_id"]
        [kafka] = [broker for broker in bus.kafka.brokers if broker.node_id == leader]
        kill_kafka(kafka)
        struck_at = trial.struck()
        trial.note(f"broker {leader}, the leader of {topic}/{number}, is gone")
        trial.recovered(struck_at)
        if trial.recoveries[-1] > WITHOUT_LEADER_SECONDS:
            trial.complain(f"{trial.recoveries[-1]:.0f} s without a leader, more than {WITHOUT_LEADER_SECONDS:.0f} s")
        start_kafka(kafka)
        trial.note(f"broker {leader} is there again")
        until(lambda: _all_in_sync(bus), "all replicas to be in sync", IN_SYNC_SECONDS)


def quit_postgres(postgres: EmbeddedPostgres) -> None:
    """End PostgreSQL at once; its next start begins with a recovery."""
    process = postgres.process
    assert process is not None, "the stage has started it"
    process.send_signal(signal.SIGQUIT)
    process.wait()


def start_postgres(postgres: EmbeddedPostgres) -> None:
    """Start PostgreSQL again and wait until it answers."""
    postgres.spawn()
    postgres.wait_ready()


def kill_kafka(kafka: EmbeddedKafka) -> None:
    """Kill a broker."""
    process = kafka.process
    assert process is not None, "the stage has started it"
    process.kill()
    process.wait()


def start_kafka(kafka: EmbeddedKafka) -> None:
    """Start a broker again and wait until it answers."""
    kafka.spawn()
    kafka.wait_ready()


def _partitions(bus: OwnBus) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what the cluster says of every partition of the bus's own topics. Raises `BrokerUnavailable`."""
    with meaningful_errors():
        admin = KafkaAdminClient(**client_arguments(bus.settings.kafka_login(), "trial"))
        try:
            described = admin.describe_topics()
        finally:
            admin.close()
    return {
        (topic["name"], partition["partition_index"]): partition
        for topic in described
        if not topic["is_internal"]
        for partition in topic["partitions"]
    }


def _all_in_sync(bus: OwnBus) -> bool:
    brokers = len(bus.kafka.brokers)
    return all(len(partition["isr_nodes"]) == brokers for partition in _partitions(bus).values())
