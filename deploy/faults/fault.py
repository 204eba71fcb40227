"""One row of the table of faults, and one trial of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from random import Random
from threading import Event as Signal

from sqlalchemy.exc import SQLAlchemyError

from connectors.failpoints import Armed, Failpoint, FailpointAct
from consumers.runner.errors import DatabaseUnavailable
from deploy.faults.bus import TrialBus
from deploy.faults.journal import Journal
from deploy.faults.load import PAUSE_SECONDS, VISITS_AT_ONCE, Load
from deploy.faults.visits import VisitClaim, Visits, claims_of

#: A trial closes the ledger's window so often: each of them once, when the one before is closed.
WINDOW_SECONDS = 2.0
_OPEN_WINDOW = "SELECT coalesce(max(window_number), 0) + 1 FROM settlement_window"


class Trial:
    """One run of a fault: the bus it is played on, the seed's choices, what is said meanwhile, and what is noted.

    `chance` decides when and where the fault strikes; every choice is in `schedule`, so that a run can be understood,
    and played again from its seed.
    """

    def __init__(self, bus: TrialBus, chance: Random, visits: Visits, journal: Journal) -> None:
        self.bus = bus
        self.chance = chance
        self.visits = visits
        self.journal = journal
        self.schedule: list[str] = []
        self.problems: list[str] = []
        self.figures: list[str] = []
        self.recoveries: list[float] = []
        self.blows = 0
        self._stream = self._spoken()
        self._windows: set[int] = set()
        self._window_at = self._began = time.monotonic()

    def note(self, what: str) -> None:
        """Write down what was done, and when."""
        self.schedule.append(f"{time.monotonic() - self._began:7.2f} s  {what}")

    def complain(self, problem: str) -> None:
        """Note that something is not as this fault promises it."""
        self.problems.append(problem)

    def armed(self, point: Failpoint, act: FailpointAct, passes_max: int = 6) -> Armed:
        """Return `point`, armed for a pass that the seed chooses."""
        # The registry writes seldom, so that its rows come to it only now and then.
        return Armed(point, act, self.chance.randint(1, passes_max))

    @contextmanager
    def load(
        self,
        *,
        visits_at_once: int = VISITS_AT_ONCE,
        pause_seconds: float = PAUSE_SECONDS,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> Iterator[Load]:
        """Let visits come in while the block runs; leaving it waits until the last of them are acknowledged."""
        load = Load(
            self.bus.mouth,
            self.journal,
            self._stream,
            visits_at_once=visits_at_once,
            pause_seconds=pause_seconds,
            may_go_on=may_go_on,
        )
        load.start()
        try:
            yield load
        except BaseException:
            # To wait for the last of them may fail for the same reason, and would hide it.
            load.abandon()
            raise
        load.stop()

    def say(self, batch: Sequence[VisitClaim], *, past_the_outbox: bool = False) -> None:
        """Say `batch` now, until it is acknowledged."""
        Load(self.bus.mouth, self.journal, self._stream).say(batch, past_the_outbox=past_the_outbox)

    def next_visits(self, count: int) -> list[VisitClaim]:
        """Return the claims of the next visits of this trial."""
        return claims_of(list(islice(self._stream, count)))

    def wait_until_quiet(self) -> None:
        """Block until all that was said is through, and nothing of it waits for anything else. Raises `TrialFailed`."""
        self.bus.look.wait_until_quiet(sorted({entry.subject for entry in self.journal.entries()}))

    def pause(self, seconds: float) -> None:
        """Let the bus work for a while."""
        Signal().wait(seconds)

    def _spoken(self) -> Iterator[list[VisitClaim]]:
        """Yield visits without end, and now and then, where nobody else has a ledger to close, a window's end."""
        for visit in self.visits.stream():
            yield visit
            if not self.bus.shared and time.monotonic() >= self._window_at:
                self._window_at = time.monotonic() + WINDOW_SECONDS
                with suppress(DatabaseUnavailable, SQLAlchemyError):
                    window = self.bus.look.count(_OPEN_WINDOW)
                    if window not in self._windows:
                        self._windows.add(window)
                        yield self.visits.close_window(window)

    def struck(self) -> float:
        """Note a blow, and return when it was."""
        self.blows += 1
        return time.monotonic()

    def recovered(self, struck_at: float) -> None:
        """Block until all that was acknowledged by now has come to the ledger; note how long ago the blow was."""
        self.bus.look.wait_until_through()
        seconds = time.monotonic() - struck_at
        self.recoveries.append(seconds)
        self.note(f"recovered {seconds:.1f} s after the blow")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. `strike` plays it once, and comes back when it has healed what it broke.

    `runs` is how often the whole suite plays it; `destructive` faults break engines, and are for engines of our own.
    `promises` are what it checks beyond the invariants that every run is asked for. `alone`: it means nothing while
    workers of others are there, who would do the work meanwhile. `heavy`: it says hundreds of thousands of claims.
    """

    name: str
    does: str
    runs: int
    strike: Callable[[Trial], None]
    destructive: bool = False
    promises: str = ""
    alone: bool = False
    heavy: bool = False
