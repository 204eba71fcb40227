"""All faults: those that anybody may play on a staging set-up, and those that break engines, which must be our own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path

from deploy.faults.bus import TrialBus
from deploy.faults.fault import Fault
from deploy.faults.table import FAULTS as ANYWHERE
from tests.faults import strikes
from tests.faults.stages import own_bus


class Stage(StrEnum):
    """Which engines a fault is played on."""

    #: One broker, one database.
    PLAIN = "plain"


STAGES: Mapping[Stage, Callable[[Path], AbstractContextManager[TrialBus]]] = {Stage.PLAIN: own_bus}

DESTRUCTIVE: tuple[tuple[Fault, Stage], ...] = (
    (
        Fault(
            "database", "PostgreSQL restarts as after a crash, in mid-transaction", 20, strikes.restart_postgres, True
        ),
        Stage.PLAIN,
    ),
    (Fault("broker", "kill -9 and restart of the broker", 5, strikes.restart_kafka, True), Stage.PLAIN),
)
TABLE: tuple[tuple[Fault, Stage], ...] = (*((fault, Stage.PLAIN) for fault in ANYWHERE), *DESTRUCTIVE)
