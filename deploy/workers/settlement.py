"""The settlement worker: folds the requests' log into the ledger."""

from typing import Any

from connectors.database.settlement.stores import settlement_stores
from consumers.runner.ports import Handler, Source
from consumers.runner.rereading import Tally
from consumers.settlement.handlers import SettlementHandler
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext


def build(context: WorkerContext) -> Worker:
    """Return the worker."""
    handler = SettlementHandler(context.telemetry)
    return context.runner(context.source(), settlement_stores, handler, context.watch())


def again(_settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    """Return what reads the requests' log again."""
    return settlement_stores, SettlementHandler(tally)
