"""Keep a declared list of child processes running, and stop them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread

from connectors.words import running as words
from connectors.words.language import Phrase
from deploy.problem import Problem

Report = Callable[[Phrase], None]

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
# A child that ran this long was well: its next failure starts the delays anew.
STABLE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
CHORES_EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Child:
    """One process to keep running. `spawn` starts it anew; a higher `stage` is stopped earlier."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    stage: int
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 20.0
    # Where to look when it fails, for the report.
    log: str = ""
    # A process that runs already, started by whoever made this list.
    adopted: subprocess.Popen[bytes] | None = None


@dataclass
class _State:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    # Real (monotonic) time before which it is not started again.
    not_before: float = field(default=0.0)


def restart_delay_seconds(failures: int, random: Random) -> float:
    """Delay before the start after the n-th failure in a row (1 is the first): doubling, capped, half by chance."""
    # Sixteen doublings are past any cap; thousands would overflow.
    whole = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 16))
    return whole * random.uniform(0.5, 1.0)


def describe_end(return_code: int) -> Phrase:
    """How a process ended, in words."""
    if return_code >= 0:
        return words.ended(return_code, None)
    try:
        return words.ended(return_code, signal.Signals(-return_code).name)
    except ValueError:
        return words.ended(return_code, f"signal {-return_code}")


class Supervisor:
    """Runs in a thread of its own from `start` to `stop`, so that children have a parent thread that lives long enough.

    `report` is called from that thread with one line per event. `chores` are done in it now and then; what one
    cannot do (`OSError`) is left for the next time.
    """

    def __init__(
        self, children: Sequence[Child], report: Report, random: Random, chores: Sequence[Callable[[], None]] = ()
    ) -> None:
        self._states = [_State(child, child.adopted, started_at=time.monotonic()) for child in children]
        self._report = report
        self._random = random
        self._chores = chores
        self._chores_at = 0.0
        self._stop = Event()
        self._thread = Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all children in the order of the list, and keep them running. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop stage by stage, the highest first; within a stage all at once. Returns when every child has ended."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def process_ids(self) -> dict[str, int]:
        """Children that run now."""
        return {
            state.child.name: state.process.pid
            for state in self._states
            if state.process is not None and state.process.poll() is None
        }

    def _run(self) -> None:
        while not self._stop.is_set():
            for state in self._states:
                self._look_after(state)
            self._do_chores()
            self._stop.wait(LOOK_EVERY_SECONDS)
        for stage in sorted({state.child.stage for state in self._states}, reverse=True):
            self._drain([state for state in self._states if state.child.stage == stage])

    def _do_chores(self) -> None:
        now = time.monotonic()
        if now < self._chores_at:
            return
        self._chores_at = now + CHORES_EVERY_SECONDS
        for chore in self._chores:
            with suppress(OSError):
                chore()

    def _look_after(self, state: _State) -> None:
        now = time.monotonic()
        if state.process is not None:
            return_code = state.process.poll()
            if return_code is None:
                return
            state.process = None
            state.failures = 1 if now - state.started_at > STABLE_SECONDS else state.failures + 1
            delay = restart_delay_seconds(state.failures, self._random)
            state.not_before = now + delay
            how = describe_end(return_code)
            self._report(words.started_again(state.child.name, how, delay, state.child.log))
        elif now >= state.not_before:
            try:
                state.process = state.child.spawn()
            except (OSError, Problem) as failure:
                state.failures += 1
                state.not_before = now + restart_delay_seconds(state.failures, self._random)
                self._report(words.NOT_STARTED.filled(name=state.child.name, why=str(failure)))
            state.started_at = now

    def _drain(self, states: Sequence[_State]) -> None:
        running = [state for state in states if state.process is not None and state.process.poll() is None]
        for state in running:
            assert state.process is not None
            state.process.send_signal(state.child.stop_signal)
        asked_at = time.monotonic()
        for state in running:
            assert state.process is not None
            left = asked_at + state.child.grace_seconds - time.monotonic()
            try:
                state.process.wait(max(0.0, left))
            except subprocess.TimeoutExpired:
                seconds = f"{state.child.grace_seconds:.0f}"
                self._report(words.KILLED.filled(name=state.child.name, seconds=seconds))
                state.process.kill()
                state.process.wait()
