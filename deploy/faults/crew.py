"""A trial's own workers: started, armed, killed, frozen and woken, each a process of its own as everywhere."""

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from connectors.failpoints import Armed
from deploy.faults.waiting import until
from deploy.processes.processes import ProcessTable, stop_process
from deploy.settings import Settings

#: The workers that a trial runs. The figures have their own promises, and are counted again from the logs.
KINDS = ("relay", "registry", "requests", "settlement")
#: A worker on a busy machine needs some seconds to start, to get its partitions and to come to its failpoint.
STRUCK_SECONDS = 90.0
GRACE_SECONDS = 30.0


@dataclass(slots=True)
class Member:
    """One worker process; `log` is what it says."""

    kind: str
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    armed: Armed | None

    def lives(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def is_struck(self) -> bool:
        """Whether it has killed or stopped itself."""
        return not self.lives() or psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def resident_mb(self) -> float:
        """Return its resident memory in MB."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def says(self, words: str) -> bool:
        """Whether its log holds `words`."""
        return words in self.log.read_text(encoding="utf-8", errors="replace")


#: Makes of a worker's command the one that is run.
Wrap = Callable[[list[str]], list[str]]


def unwrapped(command: list[str]) -> list[str]:
    """Return `command` as it is."""
    return command


class Crew:
    """All workers of one trial bus. `wrap` may change the command: of all, or of one that runs in another network."""

    def __init__(self, settings: Settings, directory: Path, wrap: Wrap = unwrapped) -> None:
        self._settings = settings
        self._wrap = wrap
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self._processes = ProcessTable(directory / "run")
        self._numbers = itertools.count(1)
        self._members: list[Member] = []

    def start(self, kind: str, armed: Armed | None = None, wrap: Wrap = unwrapped) -> Member:
        """Start one worker, which lives until it is stopped, killed, or passes its failpoint."""
        name = f"{kind}-{next(self._numbers)}"
        log = self.logs / f"{name}.log"
        command = wrap(self._wrap([sys.executable, "-m", "deploy.cli", "worker", kind, "--port", "0"]))
        environment = self._environment(kind, armed)
        process = self._processes.spawn(name, command, log=log, environment=environment)
        member = Member(kind, name, process, log, armed)
        self._members.append(member)
        return member

    def replace(self, kind: str, armed: Armed) -> Member:
        """Let the workers of `kind` go in peace, and start an armed one that gets everything they had."""
        self.dismiss(kind)
        return self.start(kind, armed)

    def complete(self) -> None:
        """See to it that one worker of each kind lives that nothing is wrong with; all others are let go."""
        for member in self.living():
            if member.is_struck():
                member.signal(signal.SIGCONT)
            if member.armed is not None:
                self.let_go(member)
        for kind in KINDS:
            of_kind = self.living(kind)
            for member in of_kind[1:]:
                self.let_go(member)
            if not of_kind:
                self.start(kind)

    def living(self, kind: str | None = None) -> list[Member]:
        """Return the workers that have not ended, oldest first."""
        for member in list(self._members):
            if not member.lives():
                self._forget(member)
        return [member for member in self._members if kind in (None, member.kind)]

    def dismiss(self, kind: str | None = None) -> None:
        """Let all workers, or those of one kind, end as after SIGTERM."""
        members = self.living(kind)
        for member in members:
            member.signal(signal.SIGCONT)
            member.signal(signal.SIGTERM)
        for member in members:
            self.let_go(member)

    def let_go(self, member: Member) -> None:
        """Let one worker end as after SIGTERM."""
        stop_process(member.process, first=signal.SIGTERM, grace_seconds=GRACE_SECONDS)
        self._forget(member)

    def _forget(self, member: Member) -> None:
        self._processes.forget(member.name)
        self._members.remove(member)

    def _environment(self, kind: str, armed: Armed | None) -> Mapping[str, str]:
        failpoint = "" if armed is None else str(armed)
        return self._settings.model_copy(update={"failpoint": failpoint}).worker_environment(kind)


def as_struck(members: Sequence[Member]) -> Iterator[Member]:
    """Yield each of `members` when it has killed or stopped itself. Raises `TrialFailed`."""
    left = list(members)
    while left:
        waiting = ", ".join(f"{member.name} to come to {member.armed}" for member in left)
        for member in until(partial(_struck, left), waiting, STRUCK_SECONDS):
            left.remove(member)
            yield member


def _struck(members: Sequence[Member]) -> list[Member]:
    return [member for member in members if member.is_struck()]
