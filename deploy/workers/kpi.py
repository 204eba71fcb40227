"""The figures' worker (Faust), and beside it the gauges that are read from the database."""

from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import Any

from connectors.database.figures.worker import DatabaseGauges
from connectors.database.kpi.stores import SqlKpiStores, SqlKpiWork
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from consumers.kpi.again import FactsAgain
from consumers.kpi.handlers import KpiHandler
from consumers.kpi.worker import KpiWorker
from consumers.runner.ports import Handler, Source
from consumers.runner.rereading import Tally
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext, clock_watch, owner_id


@dataclass(frozen=True, slots=True)
class _WithGauges:
    """A worker beside which the whole bus's figures are read from the database."""

    worker: Worker
    gauges: Worker

    def run(self, stop: Event) -> None:
        """Run both until `stop` is set."""
        beside = Thread(target=self.gauges.run, args=(stop,), name="gauges", daemon=True)
        beside.start()
        self.worker.run(stop)
        beside.join()


def build(context: WorkerContext) -> Worker:
    """Return the worker; Faust reads the logs, and `source` only looks at them."""
    settings, telemetry, owner = context.settings, context.telemetry, owner_id(context.name)
    url = settings.worker_database_url()
    work = SqlKpiWork(build_engine(url, owner), context.watch(), owner)
    handler = KpiHandler(settings.clock, new_id, telemetry)
    source = context.source(group=f"pishkhan.{context.name}.look")
    worker = KpiWorker(settings.kafka_login(), work, handler, source, telemetry)
    gauges = build_engine(url, owner_id("gauges"))
    return _WithGauges(worker, DatabaseGauges(gauges, context.exporter.database))


def again(settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    """Return what learns facts from the logs again."""
    stores = partial(SqlKpiStores, watch=clock_watch(settings, tally))
    return stores, FactsAgain(KpiHandler(settings.clock, new_id, Tally()), tally)
