"""The requests' worker: decides what happens to each request, from intake."""

from functools import partial
from typing import Any

from connectors.broker.intake_ends import SourceIntakeEnds
from connectors.database.requests.stores import request_stores
from connectors.ids import code_bits
from consumers.requests.domain.routing.seeds import seed_for
from consumers.requests.handlers import RequestsHandler
from consumers.requests.reading import ClaimReader
from consumers.runner.clocks import ClockWatch
from consumers.runner.ports import Handler, Source, Telemetry
from consumers.runner.rereading import Tally
from consumers.runner.shares import TurnShares
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext, clock_watch


def build(context: WorkerContext) -> Worker:
    """Return the worker; claims are parsed while the database works. Raises `Problem` without the routing secret."""
    reader, watch, source = ClaimReader(), context.watch(), context.source(TurnShares())
    handler = _handler(context.settings, watch, context.telemetry, source, reader)
    return context.runner(source, request_stores, handler, watch, reader.prepare)


def again(settings: Settings, source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    """Return what reads intake again. Raises `Problem` without the routing secret."""
    return request_stores, _handler(settings, clock_watch(settings, tally), tally, source, ClaimReader())


def _handler(
    settings: Settings, watch: ClockWatch, telemetry: Telemetry, source: Source, reader: ClaimReader
) -> RequestsHandler:
    seeds = partial(seed_for, settings.routing_key())
    return RequestsHandler(seeds, code_bits, settings.clock, watch, telemetry, SourceIntakeEnds(source), reader)
