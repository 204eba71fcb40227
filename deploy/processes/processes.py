"""Child processes that cannot outlive their supervisor, and the record by which the next start finds any that did."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from connectors.words.language import Phrase
from connectors.words.running import LEFT_OVER

LOOPBACK = "127.0.0.1"
LAUNCHER = Path(__file__).with_name("launch.py")
# The same process reports the same start; another process that was given the same number started later.
START_TOLERANCE_SECONDS = 0.5
LOG_BYTES_MAX = 20_000_000


@dataclass(frozen=True)
class Recorded:
    """Which process a record means: the number alone may since belong to somebody else."""

    name: str
    process_id: int
    started_at: float

    def find(self) -> psutil.Process | None:
        """The process itself if it still runs, else None."""
        try:
            process = psutil.Process(self.process_id)
            same = abs(process.create_time() - self.started_at) < START_TOLERANCE_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class ProcessTable:
    """The children of one data directory, one small file each under `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def spawn(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        user_id: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `command` and record it; output goes to `log` (appended) or to our own output.

        The calling thread must outlive the child: the kernel sends the death signal when that *thread* ends.
        The child is in a session of its own, so Ctrl-C reaches the supervisor alone, which then stops things in order.
        """
        if log is not None:
            _turn_over(log)
        user = "-" if user_id is None else str(user_id)
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), user]
        output = log.open("ab") if log is not None else None
        try:
            process = subprocess.Popen(
                [*launch, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                env=None if environment is None else dict(environment),
                start_new_session=True,
            )
        finally:
            if output is not None:
                output.close()
        try:
            self._record(name, process.pid)
        except OSError:
            # Unrecorded it could not be found again; a full disk must not multiply children.
            process.kill()
            process.wait()
            raise
        return process

    def forget(self, name: str) -> None:
        """The child has ended and been waited for."""
        self._path(name).unlink(missing_ok=True)

    def leftovers(self) -> list[Recorded]:
        """Recorded children that still run. Only the holder of the data directory's lock may act on them."""
        recorded = []
        for path in sorted(self._directory.glob("*.json")):
            try:
                body = json.loads(path.read_text(encoding="utf-8"))
                recorded.append(Recorded(body["name"], body["process_id"], body["started_at"]))
            except (ValueError, KeyError):
                # A record cut short by a crash names nobody; the engines' own lock files say the rest.
                path.unlink(missing_ok=True)
        return [entry for entry in recorded if entry.find() is not None]

    def end_leftovers(self, report: Callable[[Phrase], None], grace_seconds: float = 10.0) -> None:
        """End what a killed supervisor of this data directory left behind, children of those included."""
        processes: list[psutil.Process] = []
        for entry in self.leftovers():
            process = entry.find()
            if process is None:
                continue
            report(LEFT_OVER.filled(name=entry.name, process=str(entry.process_id)))
            processes += [process, *_children(process)]
        for process in processes:
            _signal(process, psutil.Process.terminate)
        _, alive = psutil.wait_procs(processes, timeout=grace_seconds)
        for process in alive:
            _signal(process, psutil.Process.kill)
        psutil.wait_procs(alive, timeout=grace_seconds)
        for path in self._directory.glob("*.json"):
            path.unlink(missing_ok=True)

    def _record(self, name: str, process_id: int) -> None:
        started_at = psutil.Process(process_id).create_time()
        body = {"name": name, "process_id": process_id, "started_at": started_at}
        self._path(name).write_text(json.dumps(body), encoding="utf-8")

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"


def _turn_over(log: Path) -> None:
    """Keep one older log, so that a log is bounded by the time between two starts."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        os.replace(log, log.with_name(f"{log.name}.1"))


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, send: Callable[[psutil.Process], None]) -> None:
    try:
        send(process)
    except psutil.NoSuchProcess:
        return


def stop_process(process: subprocess.Popen[bytes], *, first: signal.Signals, grace_seconds: float) -> bool:
    """Ask a child to end with signal `first`, kill it after the grace; True when it ended by itself."""
    if process.poll() is None:
        process.send_signal(first)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def port_is_free(port: int, address: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port of our own `address` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def choose_port(kept: int | None, address: str = LOOPBACK, promised: Collection[int] = ()) -> int:
    """The kept port when it is still free, else any free one; none of those that are `promised` to others."""
    if kept is not None and kept not in promised and port_is_free(kept, address):
        return kept
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
            port: int = probe.getsockname()[1]
        # The system may give the same one twice, because nobody listens yet.
        if port not in promised:
            return port
