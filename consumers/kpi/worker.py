"""The figures' worker: a stream that is started again whenever it ends before it is asked to."""

import asyncio
from collections.abc import Callable
from random import random
from threading import Event

import structlog

from consumers.kpi.handlers import KpiHandler
from consumers.kpi.loop import KpiLoop
from consumers.kpi.ports import FigureWork
from consumers.kpi.stream import FactStream, FigurePace, KafkaLogin
from consumers.runner.backoff import Backoff
from consumers.runner.outcomes import Setback
from consumers.runner.ports import Source, Telemetry

#: A stream that ran for this long was healthy: the next failure is a new one.
HEALTHY_SECONDS = 30.0


class KpiWorker:
    """`run` blocks until it is asked to stop. A kill at any moment loses nothing and counts nothing twice."""

    def __init__(
        self,
        login: KafkaLogin,
        work: FigureWork,
        handler: KpiHandler,
        source: Source,
        telemetry: Telemetry,
        *,
        pace: FigurePace | None = None,
        chance: Callable[[], float] = random,
    ) -> None:
        self._login = login
        self._loop = KpiLoop(work, handler, source, telemetry, chance)
        self._source = source
        self._telemetry = telemetry
        self._pace = pace or FigurePace()
        self._chance = chance

    def run(self, stop: Event) -> None:
        """Read, keep and measure until `stop` is set; wait while the broker or the database is away."""
        self._telemetry.unready(Setback.STARTING)
        try:
            asyncio.run(self._run(stop))
        finally:
            self._source.close()

    async def _run(self, stop: Event) -> None:
        backoff = Backoff(self._chance)
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            started = clock()
            try:
                await FactStream(self._login, self._loop, self._telemetry, self._pace).run(stop)
            except Exception as error:
                self._telemetry.unready(Setback.BROKER_UNAVAILABLE)
                if clock() - started > HEALTHY_SECONDS:
                    backoff.reset()
                wait_seconds = backoff.next_seconds()
                structlog.get_logger("kpi").warning("stream ended", wait_seconds=wait_seconds, exc_info=error)
                await asyncio.get_running_loop().run_in_executor(None, stop.wait, wait_seconds)
