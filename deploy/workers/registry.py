"""The registry's worker: services, agreements, offices, policy and calendars, from intake."""

from typing import Any

from connectors.database.registry.stores import registry_stores
from consumers.registry.handlers import RegistryHandler
from consumers.runner.ports import Handler, Source
from consumers.runner.rereading import Tally
from consumers.runner.shares import TurnShares
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext, clock_watch


def build(context: WorkerContext) -> Worker:
    """Return the worker; its topics share each turn fairly."""
    watch = context.watch()
    handler = RegistryHandler(context.settings.clock, watch, context.telemetry)
    return context.runner(context.source(TurnShares()), registry_stores, handler, watch)


def again(settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    """Return what reads intake again."""
    return registry_stores, RegistryHandler(settings.clock, clock_watch(settings, tally), tally)
