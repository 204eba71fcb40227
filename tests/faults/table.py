"""All faults: those that anybody may play on a staging set-up, and those that break engines, which must be our own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path

from deploy.faults.bus import TrialBus
from deploy.faults.fault import Fault
from deploy.faults.table import FAULTS as ANYWHERE
from tests.faults import strikes
from tests.faults.mixture import mixture
from tests.faults.stages import cluster_bus, own_bus


class Stage(StrEnum):
    """Which engines a fault is played on."""

    #: One broker, one database.
    PLAIN = "plain"
    #: Three brokers, three replicas, two of which must have a record.
    CLUSTER = "cluster"


STAGES: Mapping[Stage, Callable[[Path], AbstractContextManager[TrialBus]]] = {
    Stage.PLAIN: own_bus,
    Stage.CLUSTER: cluster_bus,
}

DESTRUCTIVE: tuple[tuple[Fault, Stage], ...] = (
    (
        Fault(
            "database", "PostgreSQL restarts as after a crash, in mid-transaction", 20, strikes.restart_postgres, True
        ),
        Stage.PLAIN,
    ),
    (Fault("broker", "kill -9 and restart of the only broker", 5, strikes.restart_kafka, True), Stage.PLAIN),
    (
        Fault(
            "leader",
            "kill -9 of a partition's leader, of three brokers",
            5,
            strikes.kill_the_leader,
            True,
            "the other two take over within 30 s",
        ),
        Stage.CLUSTER,
    ),
    (
        Fault(
            "mixture",
            "workers killed and frozen, PostgreSQL and the broker killed, at moments of chance, two at a time",
            10,
            mixture,
            True,
        ),
        Stage.PLAIN,
    ),
    (Fault("mixture-3", "the same, with three brokers", 5, mixture, True), Stage.CLUSTER),
)
TABLE: tuple[tuple[Fault, Stage], ...] = (*((fault, Stage.PLAIN) for fault in ANYWHERE), *DESTRUCTIVE)
