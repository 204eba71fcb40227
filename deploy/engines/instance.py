"""One data directory: held by one process at a time, cleared of what a killed one left behind, and its engines."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from connectors.words import settings as words
from connectors.words.language import Phrase
from deploy.engines.hold import LOCK_FILE, hold
from deploy.engines.jars import Progress, ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.log_room import LogRoom
from deploy.engines.postgres import EmbeddedPostgres
from deploy.problem import Misused
from deploy.processes.processes import ProcessTable

#: Where each engine has everything of its own.
KAFKA_FOLDER, POSTGRES_FOLDER = "kafka", "postgres"
#: What lies in the data directory and is no other user's to read: requests in the broker's segments, logs, processes.
_PRIVATE = (KAFKA_FOLDER, "logs", "run")


class Instance:
    """A context manager: inside it, this process is the only one that may start, stop or delete what is in there.

    The kernel drops the hold when the process ends, however it ends. `judge` is called with the directory as soon as it
    is held and before anything is touched; what it raises leaves everything as it was.
    """

    def __init__(
        self,
        directory: Path,
        report: Callable[[Phrase], None] = lambda line: None,
        judge: Callable[[Path], None] = lambda directory: None,
    ) -> None:
        self.directory = directory.absolute()
        self._report = report
        self._judge = judge
        self._descriptor: int | None = None

    def __enter__(self) -> "Instance":
        """Raises AlreadyRunning when another process holds the directory, Misused when it cannot be written."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = hold(self.directory)
        except OSError as error:
            unusable = words.FOLDER_UNUSABLE.filled(folder=str(self.directory), why=str(error.strerror))
            raise Misused(unusable) from None
        try:
            self._judge(self.directory)
            self.processes = ProcessTable(self.directory / "run")
            self.processes.end_leftovers(self._report)
            self._make_private()
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def clear(self, keep: str) -> None:
        """Delete everything in the directory but the lock and the file `keep`; nobody else may come in meanwhile."""
        for path in sorted(self.directory.iterdir()):
            if path.name in (LOCK_FILE, keep):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self._make_private()

    def _make_private(self) -> None:
        for name in _PRIVATE:
            # A folder from before, or one that was copied, may have been open to everybody.
            (self.directory / name).mkdir(exist_ok=True, mode=0o700)
            (self.directory / name).chmod(0o700)

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

    def __init__(
        self,
        instance: Instance,
        progress: Progress = lambda ready, total: None,
        log_room: LogRoom = LogRoom(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        directory, logs, processes = instance.directory, instance.log_directory, instance.processes
        self.kafka = EmbeddedKafka(
            directory / KAFKA_FOLDER, logs, processes, lambda: ensure_jars(progress), log_room=log_room
        )
        self.postgres = EmbeddedPostgres(directory / POSTGRES_FOLDER, logs, processes, log_room=log_room)

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
