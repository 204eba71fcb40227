"""The delivery worker: folds the bus's logs into one feed per party."""

from typing import Any

from connectors.database.delivery.stores import delivery_stores
from consumers.delivery.handlers import DeliveryHandler
from consumers.runner.ports import Handler, Source
from consumers.runner.rereading import Tally
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext


def build(context: WorkerContext) -> Worker:
    """Return the worker."""
    handler = DeliveryHandler(context.telemetry)
    return context.runner(context.source(), delivery_stores, handler, context.watch())


def again(_settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    """Return what reads the logs again: an event that was told keeps its number."""
    return delivery_stores, DeliveryHandler(tally)
