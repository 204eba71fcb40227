"""The one declared table of workers: what `pishkhan worker NAME` runs, `pishkhan up` supervises, `replay` reads again.

A new worker is a row here and a module `deploy/workers/NAME.py` with what `Parts` asks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from consumers.runner.ports import Handler, Source
from consumers.runner.rereading import Tally
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext
from schemas.topics import INTAKE_PREFIX, LOG_REQUESTS

#: Whether a topic is a worker's to read.
Reads = Callable[[str], bool]


class Parts(Protocol):
    """What the module of a row offers. `again` is there when the row reads topics."""

    def build(self, context: WorkerContext) -> Worker:
        """Return the worker, not running yet; nothing has connected. Raises `Problem` for a missing setting."""

    def again(self, settings: Settings, source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
        """Return the stores and the handler that read records again; `source` tells where intake ends."""


def _nothing(_topic: str) -> bool:
    return False


def _intake(topic: str) -> bool:
    return topic.startswith(INTAKE_PREFIX)


def _requests_log(topic: str) -> bool:
    return topic == LOG_REQUESTS.name


def _figures(topic: str) -> bool:
    from consumers.kpi.reading import TOPICS

    return topic in TOPICS


def _logs(topic: str) -> bool:
    from consumers.delivery.handlers import TOPICS

    return topic in TOPICS


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One kind of worker. Its metrics and health are served on `settings.metrics_port + port_offset`, loopback."""

    name: str
    port_offset: int
    purpose: str
    reads: Reads
    # Whether it begins though neither broker nor database answers, and says so itself.
    begins_at_once: bool = False

    def parts(self) -> Parts:
        """Return what builds the worker. Imported only here: a worker carries no other one's libraries."""
        return cast(Parts, import_module(f"deploy.workers.{self.name}"))


WORKERS: tuple[WorkerRow, ...] = (
    # Publishes what the others have committed; first, so that nothing waits for it.
    WorkerRow("relay", 0, "publishes the outbox to the logs, in order per key", _nothing),
    # Takes services, agreements, offices, policy and calendars in; before requests, which need what it has taken in.
    WorkerRow("registry", 1, "accepts versions of everything known, under one revision", _intake),
    # The truth about every request, and where it goes.
    WorkerRow("requests", 2, "decides what happens to each request, and routes it", _intake),
    # The ledger.
    WorkerRow("settlement", 3, "folds the requests' log into the ledger", _requests_log),
    # Figures for boards.
    WorkerRow("kpi", 4, "measures volume, waits and income (Faust)", _figures),
    # The doors for machines. Last: a bus without it works.
    WorkerRow("gateway", 6, "takes acts over HTTP, and answers what became of them", _nothing, begins_at_once=True),
    # What became of it, for whom it concerns; last, since it reads what all others say.
    WorkerRow("delivery", 5, "tells every party what concerns it, in one feed each", _logs),
)


def worker_names() -> tuple[str, ...]:
    """Return all names, in the order of the table."""
    return tuple(row.name for row in WORKERS)


def readers() -> tuple[WorkerRow, ...]:
    """Return the workers that read topics, in the order in which they read again."""
    return tuple(row for row in WORKERS if row.reads is not _nothing)


def worker_row(name: str) -> WorkerRow:
    """Return the row of worker `name`. Raises `KeyError`, naming those there are, when there is none."""
    for row in WORKERS:
        if row.name == name:
            return row
    raise KeyError(f"no worker is called {name!r}; there are {', '.join(worker_names())}")
