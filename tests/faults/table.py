"""All faults: those that anybody may play on a staging set-up, and those that break engines, which must be our own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path

from deploy.faults.bus import TrialBus
from deploy.faults.fault import Fault
from deploy.faults.table import FAULTS as ANYWHERE
from tests.faults import strikes
from tests.faults.cuts import cut_off
from tests.faults.disks import fill_the_brokers_disk, fill_the_brokers_disk_for_a_moment, fill_the_databases_disk
from tests.faults.mixture import mixture
from tests.faults.stages import apart_bus, cluster_bus, own_bus, small_disks_bus
from tests.faults.strange.play import strange_bus, strange_one_by_one
from tests.faults.strange.table import KINDS


class Stage(StrEnum):
    """Which engines a fault is played on."""

    #: One broker, one database.
    PLAIN = "plain"
    #: Three brokers, three replicas, two of which must have a record.
    CLUSTER = "cluster"
    #: Engines with small disks of their own.
    SMALL_DISKS = "small-disks"
    #: Engines that can be reached from a network apart, whose cable can be pulled.
    APART = "apart"
    #: One broker and one database, with a hostile agency, and workers that make little room for a batch.
    HOSTILE = "hostile"


STAGES: Mapping[Stage, Callable[[Path], AbstractContextManager[TrialBus]]] = {
    Stage.PLAIN: own_bus,
    Stage.CLUSTER: cluster_bus,
    Stage.SMALL_DISKS: small_disks_bus,
    Stage.APART: apart_bus,
    Stage.HOSTILE: strange_bus,
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
    (
        Fault(
            "disk-broker",
            "the broker's disk is full, under load; later there is room again, and it is started",
            3,
            fill_the_brokers_disk,
            True,
            "the broker halts; readiness and doctor say what is wrong; nothing else needs a hand",
        ),
        Stage.SMALL_DISKS,
    ),
    (
        Fault(
            "disk-moment",
            "the broker's disk is full for less than a second, three times",
            3,
            fill_the_brokers_disk_for_a_moment,
            True,
        ),
        Stage.SMALL_DISKS,
    ),
    (
        Fault(
            "disk-database",
            "PostgreSQL's disk is full, for its rows or for its log as well; later there is room again",
            4,
            fill_the_databases_disk,
            True,
            "readiness and doctor say what is wrong; nothing else needs a hand than to start what has ended",
        ),
        Stage.SMALL_DISKS,
    ),
    *(
        (
            Fault(
                f"cut-{kind}",
                f"the only {kind} worker is cut off for a minute, as it speaks or as it waits for an answer",
                3,
                cut_off(kind),
                True,
                "it notices within 50 s, others take over, and it works again after",
            ),
            Stage.APART,
        )
        for kind in ("relay", "requests", "settlement")
    ),
)
#: It needs an agency of its own, with a credential.
STRANGE = Fault(
    "strange",
    f"one agency writes {len(KINDS)} kinds of strange records, one after another",
    2,
    strange_one_by_one,
    promises="each record has its declared end; a bystander's p99 is at most 3 times its quiet figure",
    alone=True,
)
TABLE: tuple[tuple[Fault, Stage], ...] = (
    *((fault, Stage.PLAIN) for fault in ANYWHERE),
    (STRANGE, Stage.HOSTILE),
    *DESTRUCTIVE,
)
