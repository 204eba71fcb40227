"""A disk that is full: the broker's, and the database's.

Each engine of the stage has a small file system of its own, in memory, so that nobody else's disk is filled.
"""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import httpx
import psutil
import psycopg

from connectors.telemetry.standing import Standing
from consumers.runner.outcomes import Setback
from deploy.engines.instance import KAFKA_FOLDER, POSTGRES_FOLDER
from deploy.engines.postgres import EmbeddedPostgres
from deploy.faults.crew import KINDS, Member
from deploy.faults.fault import Trial
from deploy.faults.waiting import until
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.table import examine
from tests.faults.stages import own
from tests.faults.strikes import start_kafka, start_postgres
from tests.kit.real.http import get

HALTED_SECONDS = 60.0
SAID_SECONDS = 60.0
#: So many moments without room make one run, each followed by as long as a broker needs to end.
MOMENTS = 3
HALTING_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 0.02
_CHUNKS = (bytes(1 << 20), bytes(4096), bytes(1))


class Filler:
    """Takes all room of the file system of `place` while the block runs, and at once whatever others give back."""

    def __init__(self, place: Path) -> None:
        self._file = place / "filler"
        self._full = Signal()
        self._enough = Signal()
        self._thread = Thread(target=self._run, name="filler", daemon=True)

    def __enter__(self) -> "Filler":
        """Return when there is no room left."""
        self._thread.start()
        self._full.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Make room again."""
        self._enough.set()
        self._thread.join()
        self._file.unlink()

    def _run(self) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while True:
                for chunk in _CHUNKS:
                    _write_until_full(descriptor, chunk)
                self._full.set()
                if self._enough.wait(LOOK_AGAIN_SECONDS):
                    return
        finally:
            os.close(descriptor)
            self._full.set()


def _write_until_full(descriptor: int, chunk: bytes) -> None:
    try:
        while True:
            os.write(descriptor, chunk)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def fill_the_brokers_disk(trial: Trial) -> None:
    """Leave the broker no room under load, which it halts at; make room, and start it as an operator would."""
    [kafka] = own(trial).kafka.brokers
    disk = trial.bus.settings.data_directory / KAFKA_FOLDER
    with trial.load():
        trial.pause(trial.chance.uniform(0.5, 2.0))
        with Filler(disk):
            struck_at = trial.struck()
            trial.note("the broker's disk is full")
            until(lambda: not kafka.is_running(), "the broker to halt at a full disk", HALTED_SECONDS)
            trial.note("the broker has halted")
            _expect_words(trial, disk, Setback.BROKER_UNAVAILABLE, KINDS)
            trial.pause(trial.chance.uniform(0.0, 5.0))
        start_kafka(kafka)
        trial.note("there is room again, and the broker is started again")
        trial.recovered(struck_at)


def fill_the_brokers_disk_for_a_moment(trial: Trial) -> None:
    """Leave the broker no room for so short a time that it may not even halt; do it again and again."""
    [kafka] = own(trial).kafka.brokers
    disk = trial.bus.settings.data_directory / KAFKA_FOLDER
    with trial.load():
        for _ in range(MOMENTS):
            trial.pause(trial.chance.uniform(0.5, 2.0))
            with Filler(disk):
                struck_at = trial.struck()
                trial.pause(trial.chance.uniform(0.0, 1.0))
            trial.note("the broker's disk was full for a moment")
            # It may still be at its end when there is room again.
            trial.pause(HALTING_SECONDS)
            if not kafka.is_running():
                start_kafka(kafka)
                trial.note("the broker had halted, and is started again")
            trial.recovered(struck_at)


def fill_the_databases_disk(trial: Trial) -> None:
    """Leave PostgreSQL no room for rows, or not even for its write-ahead log, at which it ends; then make room."""
    postgres = own(trial).postgres
    disk = trial.bus.settings.data_directory / POSTGRES_FOLDER
    at_its_end = trial.chance.choice((False, True))
    with trial.load():
        trial.pause(trial.chance.uniform(0.5, 2.0))
        with Filler(disk):
            struck_at = trial.struck()
            trial.note("the database's disk is full")
            if at_its_end:
                _use_up_the_log(postgres)
                trial.note("PostgreSQL found no room for its write-ahead log, and has ended")
            # What only reads meanwhile has nothing to complain of.
            _expect_words(trial, disk, Setback.DATABASE_UNAVAILABLE, KINDS if at_its_end else ("requests",))
            trial.pause(trial.chance.uniform(0.0, 5.0))
        if not postgres.is_running():
            start_postgres(postgres)
            trial.note("PostgreSQL is started again")
        trial.note("there is room again")
        trial.recovered(struck_at)


def _use_up_the_log(postgres: EmbeddedPostgres) -> None:
    """Begin one segment of the write-ahead log after another until there is no room for the next, and no server."""

    def gone() -> bool:
        with (
            suppress(psycopg.Error),
            psycopg.connect(postgres.administrator_url, autocommit=True, connect_timeout=5) as administrator,
        ):
            # A segment with nothing in it is not left.
            administrator.execute("SELECT pg_current_xact_id()")
            administrator.execute("SELECT pg_switch_wal()")
        return not postgres.is_running()

    until(gone, "PostgreSQL to end without room for its log", HALTED_SECONDS)


def _expect_words(trial: Trial, disk: Path, cause: Setback, kinds: Sequence[str]) -> None:
    """Block until a worker of each kind says that it waits because of `cause`; ask the doctor for the disk."""
    for kind in kinds:
        until(partial(_one_waits, trial, kind, cause), f"{kind} to say {cause}", SAID_SECONDS)
    trial.note(f"{', '.join(kinds)} say {cause}")
    words = [
        finding.words
        for finding in examine(trial.bus.settings)
        if finding.subject == "disk" and finding.level is Level.WRONG
    ]
    if f"0 MB free for {disk}" not in words:
        trial.complain(f"the doctor does not say that {disk} is full; of disks it says {words}")


def _one_waits(trial: Trial, kind: str, cause: Setback) -> bool:
    return any(standing_of(member).cause == cause for member in trial.bus.crew.living(kind))


def standing_of(member: Member) -> Standing:
    """Return what a worker says of itself; that it says nothing is a cause, too."""
    try:
        connections = psutil.Process(member.process.pid).net_connections("tcp")
        [port] = [one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN]
        return Standing.from_json(get(f"http://127.0.0.1:{port}/readyz").json())
    except (psutil.NoSuchProcess, ValueError, httpx.HTTPError):
        return Standing("no answer")
