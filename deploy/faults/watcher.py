"""I9 while a trial runs: whenever it is looked at, no office owes more than is reserved, or has more reserved
than its cap and the late cash that it still has to give back.
"""

import time
from threading import Event as Signal
from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from connectors.database.settlement.audit import exposures
from consumers.runner.errors import DatabaseUnavailable
from consumers.settlement.domain.audit import audit_exposure
from deploy.faults.look import Look
from deploy.settings import Settings

PAUSE_SECONDS = 0.25
#: A large ledger takes long to add up, and the looking must not become the load.
PAUSE_PER_LOOK = 10.0


class Watcher:
    """Looks again and again at one consistent view of the database, in the background."""

    def __init__(self, settings: Settings) -> None:
        self._look = Look(settings)
        self._stop = Signal()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)
        self.looks = 0
        self.problems: list[str] = []

    def __enter__(self) -> "Watcher":
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End looking."""
        self._stop.set()
        self._thread.join()
        self._look.close()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self.problems += self._look.view(lambda connection: list(audit_exposure(exposures(connection))))
                self.looks += 1
            except (DatabaseUnavailable, SQLAlchemyError):
                # The database is away: that may be the fault that is tried.
                pass
            pause = max(PAUSE_SECONDS, PAUSE_PER_LOOK * (time.monotonic() - began))
