"""One data directory: held by one process at a time, cleared of what a killed one left behind, and its engines."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from deploy.engines.errors import AlreadyRunning
from deploy.engines.jars import Progress, ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.postgres import EmbeddedPostgres
from deploy.engines.processes import ProcessTable

#: Where each engine has everything of its own.
KAFKA_FOLDER, POSTGRES_FOLDER = "kafka", "postgres"
#: What lies in the data directory and is no other user's to read: requests in the broker's segments, logs, processes.
_PRIVATE = (KAFKA_FOLDER, "logs", "run")


class Instance:
    """A context manager: inside it, this process is the only one that may start or stop anything of the directory.

    The kernel drops the hold when the process ends, however it ends.
    """

    def __init__(self, directory: Path, report: Callable[[str], None] = lambda line: None) -> None:
        self.directory = directory.absolute()
        self._report = report
        self._descriptor: int | None = None

    def __enter__(self) -> "Instance":
        """Raises AlreadyRunning when another process holds the directory."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not inherited by children, or an orphan would go on holding the directory.
        descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
            os.close(descriptor)
            raise AlreadyRunning(
                f"{self.directory} is in use by process {holder}. Stop that one, "
                "or give this one another folder: --data DIR"
            ) from held
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor
        for name in _PRIVATE:
            # A folder from before, or one that was copied, may have been open to everybody.
            (self.directory / name).mkdir(exist_ok=True, mode=0o700)
            (self.directory / name).chmod(0o700)
        self.processes = ProcessTable(self.directory / "run")
        self.processes.end_leftovers(self._report)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._descriptor is not None
        os.close(self._descriptor)
        self._descriptor = None

    @property
    def log_directory(self) -> Path:
        return self.directory / "logs"


class EmbeddedEngines:
    """Kafka and PostgreSQL of one held instance."""

    def __init__(self, instance: Instance, progress: Progress = lambda ready, total: None) -> None:
        directory, logs, processes = instance.directory, instance.log_directory, instance.processes
        self.kafka = EmbeddedKafka(directory / KAFKA_FOLDER, logs, processes, lambda: ensure_jars(progress))
        self.postgres = EmbeddedPostgres(directory / POSTGRES_FOLDER, logs, processes)

    def start(self) -> None:
        """Start both, the broker's slow start overlapping the database's. Leaves none running when one fails.

        Raises EngineFailed or JarsUnavailable.
        """
        try:
            self.kafka.begin()
            self.postgres.start()
            self.kafka.wait_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both; nothing happens to what does not run."""
        self.kafka.stop()
        self.postgres.stop()
