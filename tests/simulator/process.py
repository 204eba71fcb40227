"""A simulated process: a thread that runs only while somebody lets it, step by step, and may die at any of them."""

from collections.abc import Callable
from threading import Event, Lock, Thread

from consumers.runner.errors import Contention
from consumers.runner.ports import Meanwhile
from tests.memory.database import BEGINS, COMMITTED, Transaction
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase

#: More steps than any turn has.
WHOLE_TURN = 1_000_000
#: A turn with more steps than this would never end.
STEPS_MAX = 20_000


class Killed(BaseException):
    """The process is no more: nothing of its code catches this."""


class Process:
    """One process. `at` tells the step that it stands before, in words; none between two turns.

    `steps` counts those of its turn, `passed` holds those of its transaction so far. `waits_for` is the transaction
    whose locked row it waits for. `crash` is what nobody caught.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.at: str | None = None
        self.passed: set[str] = set()
        self.waits_for: Transaction | None = None
        self.crash: BaseException | None = None
        self._steps_left = 0
        self.steps = 0
        self._fate: BaseException | None = None
        self._go, self._back = Lock(), Lock()
        self._go.acquire()
        self._back.acquire()
        self._thread: Thread | None = None

    def start(self, turn: Callable[[], None]) -> None:
        """Bring it to life; it makes one `turn` after another, when it is let."""
        self._thread = Thread(target=self._live, args=(turn,), name=self.name, daemon=True)
        self._thread.start()

    def run(self, steps: int = WHOLE_TURN) -> None:
        """Let it go on to the `steps`-th step from here, or to the end of its turn, or until it waits for a row."""
        self._resume(steps, None)

    def fail(self, error: Exception) -> None:
        """Let the step that it stands before fail, and the rest of its turn run."""
        assert self.at is not None, "it stands before a step"
        self._resume(WHOLE_TURN, error)

    def kill(self) -> None:
        """End it where it stands, for good."""
        if self._thread is not None and self._thread.is_alive():
            self._resume(WHOLE_TURN, Killed())
            self._thread.join()

    def step(self, words: str) -> None:
        """Called by the process itself before a step: it may be stopped here, fail here, or end here."""
        self.steps += 1
        assert self.steps < STEPS_MAX, f"{self.name} never ends its turn"
        if self._steps_left > 0:
            self._steps_left -= 1
        else:
            self._stand_still(words)
        if words in (BEGINS, COMMITTED):
            self.passed = set()
        self.passed.add(words)

    def wait_for(self, holder: Transaction) -> None:
        """Called by the process itself when a row is locked; whoever runs next may free it. Raises `Contention`."""
        self.waits_for = holder
        try:
            self._stand_still(f"waits for a row that {holder.session.name} has locked")
        finally:
            self.waits_for = None
        if holder.open:
            raise Contention("the row was locked for too long")

    def _live(self, turn: Callable[[], None]) -> None:
        try:
            self._await()
            while True:
                self.steps, self.passed = 0, set()
                turn()
                self._back.release()
                self._await()
        except Killed:
            self.at = None
        except BaseException as error:
            self.crash = error
        finally:
            self._back.release()

    def _resume(self, steps: int, fate: BaseException | None) -> None:
        assert self._thread is not None, f"{self.name} was not started"
        assert self._thread.is_alive(), f"{self.name} lives no more"
        self._steps_left, self._fate = steps - 1, fate
        self._go.release()
        self._back.acquire()

    def _stand_still(self, words: str) -> None:
        self.at = words
        self._back.release()
        try:
            self._await()
        finally:
            self.at = None

    def _await(self) -> None:
        self._go.acquire()
        if self._fate is not None:
            raise self._fate


class ProcessSession(BusSession):
    """A process's connection to the database: every step on it is one of the process, which does `meanwhile` there."""

    def __init__(self, database: BusDatabase, process: Process, meanwhile: Meanwhile = lambda: False) -> None:
        super().__init__(database, process.name)
        self._process = process
        self._meanwhile = meanwhile

    def step(self, words: str) -> None:
        self._process.step(words)
        # Beginning is no statement of its own, and after the commit nothing is waited for.
        if words not in (BEGINS, COMMITTED):
            self._meanwhile()

    def wait_for(self, holder: Transaction) -> None:
        self._process.wait_for(holder)


class NeverStops(Event):
    """What tells a process to stop, and never does; its waits take no time, but others may run in them."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def wait(self, timeout: float | None = None) -> bool:
        self._process.step("waits a little")
        return False
