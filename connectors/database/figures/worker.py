"""Keeps the database section of the metrics fresh, from one worker at a time."""

import time
from collections.abc import Callable
from threading import Event

import structlog
from sqlalchemy import Connection, Engine, text

from connectors.database.figures.gauges import SqlGauges
from connectors.database.sql.driver import meaningful_errors
from connectors.telemetry.exporter import SnapshotCollector

READ_SECONDS = 10.0
#: Reading takes this share of the time at most: with a long history it is done less often.
READ_SHARE = 0.05
#: Only one worker shows the figures, or every sum over workers would count them several times.
_SHOWING_LOCK = 7_236_005


class DatabaseGauges:
    """Reads and shows until it is asked to stop; while the database is away it shows nothing, not old figures."""

    def __init__(
        self, engine: Engine, collector: SnapshotCollector, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._collector = collector
        self._monotonic = monotonic

    def run(self, stop: Event) -> None:
        """Show the figures until `stop` is set, as long as no other worker does. Never raises."""
        while not stop.is_set():
            try:
                with meaningful_errors(), self._engine.connect() as connection:
                    self._show(connection, stop)
            except Exception as error:
                # Whatever it is, the worker beside it goes on; figures that are not there raise an alert.
                structlog.get_logger("gauges").warning("figures are not read", exc_info=error)
            self._collector.replace({})
            stop.wait(READ_SECONDS)

    def _show(self, connection: Connection, stop: Event) -> None:
        """Show figures as long as this connection holds the lock; return at once when another one does."""
        with connection.begin():
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _SHOWING_LOCK}).scalar():
                return
        gauges = SqlGauges()
        while not stop.is_set():
            started = self._monotonic()
            with connection.begin():
                snapshot = gauges.read(connection)
            self._collector.replace(snapshot)
            stop.wait(max(READ_SECONDS, (self._monotonic() - started) / READ_SHARE))
        # The pool would keep the connection, and with it the lock.
        connection.invalidate()
