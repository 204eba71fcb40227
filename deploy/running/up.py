"""A running bus: engines (embedded or given), prepared, every worker supervised. `up` and the demo stand on it."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from subprocess import Popen

from pydantic import SecretStr

from connectors.telemetry.standing import Standing
from connectors.words import running
from connectors.words import settings as words
from deploy.accounts import OPERATOR, database_logins, joined, kafka_logins
from deploy.doors import door_of
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.kept import Kept
from deploy.engines.log_room import LogRoom, turn_over
from deploy.engines.port_block import port_block
from deploy.interrupts import ignore_signals, interrupted_by_signals, raise_if_interrupted
from deploy.mistakes import OPTIONS, PREFIX
from deploy.problem import Misused, Problem
from deploy.processes.processes import port_is_free
from deploy.processes.supervisor import Child, Report, Supervisor
from deploy.prometheus.monitor import monitor_command, monitor_port, write_monitor_config
from deploy.running.demonstration import MARKER, note_use
from deploy.running.given_engines import ask_given_engines, silence_in_words
from deploy.running.preparation import prepare
from deploy.running.readiness import ask
from deploy.running.sweeping import sweeping
from deploy.settings import HTTP_OFFSET, Settings, given_settings, remember
from deploy.workers.table import WORKERS, WorkerRow

ENGINE_STAGE = 0
WORKER_STAGE = 1
WORKERS_READY_SECONDS = 120.0
ASK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class UpOptions:
    """What a person asked for. Without `kafka` or `database`, that engine is the embedded one."""

    data_directory: Path | None = None
    kafka: str | None = None
    database: str | None = None
    monitor: bool = False
    # Settings of the doors by name, as they were typed: address, certificate, key, plain HTTP.
    doors: Mapping[str, str | None] = field(default_factory=dict)
    # Business time: None means what the environment says, or real time; the demo compresses a day.
    clock_start: datetime | None = None
    clock_factor: float = 1.0
    # For a demonstration: judges the folder once it is held, and marks it; what it lets pass is then emptied.
    begin_anew: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Voice:
    """How progress reaches a person: one line per event, and how many of the broker's jars are there."""

    line: Report
    jars: Callable[[int, int], None] = field(default=lambda ready, total: None)


@dataclass(frozen=True)
class RunningBus:
    """Given to whoever opened `running_bus`; valid until it is closed."""

    settings: Settings
    supervisor: Supervisor
    engines_seconds: float

    def wait_until_ready(self) -> None:
        """Block until every worker says that it is ready. Raises Problem naming those that are not."""
        deadline = time.monotonic() + WORKERS_READY_SECONDS
        waiting = list(WORKERS)
        while waiting := [row for row in waiting if not self._is_ready(row)]:
            if time.monotonic() > deadline:
                logs = str(self.settings.data_directory / "logs")
                raise Problem(running.not_ready(WORKERS_READY_SECONDS, [row.name for row in waiting], logs))
            raise_if_interrupted()
            time.sleep(ASK_EVERY_SECONDS)

    def standings(self) -> dict[str, Standing | None]:
        """Return how every worker stands; none for one that does not answer."""
        return {row.name: self._standing(row) for row in WORKERS}

    def _is_ready(self, row: WorkerRow) -> bool:
        standing = self._standing(row)
        return standing is not None and standing.cause is None

    def _standing(self, row: WorkerRow) -> Standing | None:
        """Return what our own worker says: another instance's, on a port that it was first to take, does not count."""
        answer = ask(self.settings, row)
        ours = answer is not None and answer.process_id == self.supervisor.process_ids().get(row.name)
        return answer.standing if answer is not None and ours else None


@contextmanager
def running_bus(wanted: UpOptions, voice: Voice) -> Iterator[RunningBus]:
    """Start everything, yield, and stop everything, engines last, however the block is left.

    Raises Problem (AlreadyRunning, EngineFailed, JarsUnavailable among them) with nothing left running; a mistake in
    what was given is found before any engine starts.
    """
    base = _given_settings(wanted)
    with (
        interrupted_by_signals(),
        _held(base.data_directory, wanted, voice.line) as instance,
        _metrics_port(base, Kept(instance.directory / "kept.json")) as metrics_port,
    ):
        # Before any engine of ours starts, and before it is said that they answer.
        ask_given_engines(base, broker=wanted.kafka is not None, database=wanted.database is not None)
        instance.log_directory.mkdir(exist_ok=True)
        started = time.monotonic()
        log_room = LogRoom(base.log_bytes_max, base.log_older_files)
        engines = EmbeddedEngines(instance, voice.jars, log_room)
        use_kafka, use_postgres = wanted.kafka is None, wanted.database is None
        try:
            if use_kafka:
                engines.kafka.begin()
            if use_postgres:
                engines.postgres.start()
            if use_kafka:
                engines.kafka.wait_ready()
            engines_seconds = time.monotonic() - started
            settings = _settings(base, wanted, engines, Kept(instance.directory / "kept.json"), metrics_port)
            remember(settings)
            voice.line(running.engines_answer(engines_seconds, settings.kafka_bootstrap))
            raise_if_interrupted()
            with silence_in_words(settings):
                prepare(settings, voice.line)
            raise_if_interrupted()
            children = [*_engine_children(engines, instance), *_worker_children(settings, instance)]
            children += _monitor_children(settings, instance, voice.line) if wanted.monitor else []
            monitor_turns = partial(turn_over, _monitor_log(instance), log_room)
            supervisor = Supervisor(children, voice.line, Random(), (engines.postgres.let_old_logs_go, monitor_turns))
            supervisor.start()
            try:
                with sweeping(settings, voice.line):
                    yield RunningBus(settings, supervisor, engines_seconds)
            finally:
                ignore_signals()
                voice.line(running.STOPPING)
                supervisor.stop()
        finally:
            ignore_signals()
            engines.stop()


@contextmanager
def _held(directory: Path, wanted: UpOptions, report: Report) -> Iterator[Instance]:
    """Hold the folder; for a demonstration, empty it. Any other bus makes a demonstration's folder more than that."""
    with Instance(directory, report, wanted.begin_anew or note_use) as instance:
        if wanted.begin_anew is not None:
            instance.clear(keep=MARKER)
        yield instance


def _given_settings(wanted: UpOptions) -> Settings:
    """What the environment and the person gave; what an earlier run wrote down is not asked."""
    base = given_settings(
        wanted.data_directory, kafka_bootstrap=wanted.kafka, database_url=wanted.database, **wanted.doors
    )
    door_of(base)
    for name, given in (("kafka_bootstrap", wanted.kafka), ("database_url", wanted.database)):
        if given is None and name in base.model_fields_set:
            # Other commands of the same terminal would speak to that one, and not to the bus that runs.
            raise Misused(words.UNUSED.filled(name=PREFIX + name.upper(), option=OPTIONS[name]))
    return base


def _metrics_port(base: Settings, kept: Kept) -> AbstractContextManager[int]:
    """Hold the workers' ports: those that were given, which are the person's own care, or a free block."""
    if "metrics_port" in base.model_fields_set:
        for row in WORKERS:
            port = base.metrics_port + row.port_offset
            if not port_is_free(port):
                raise Misused(words.PORT_TAKEN.filled(first=str(base.metrics_port), port=str(port), worker=row.name))
        return nullcontext(base.metrics_port)
    return port_block(kept, base.metrics_port, [*(row.port_offset for row in WORKERS), HTTP_OFFSET])


def _settings(base: Settings, wanted: UpOptions, engines: EmbeddedEngines, kept: Kept, metrics_port: int) -> Settings:
    """The settings of this run: what was given, and what the embedded engines and the data directory say."""
    changes: dict[str, object] = {"metrics_port": metrics_port}
    accounts = dict(base.accounts)
    for name in ("routing_secret", "key_secret"):
        if not getattr(base, name).get_secret_value():
            changes[name] = SecretStr(kept.secret(name))
    if wanted.clock_start is not None:
        changes |= {"clock_start": wanted.clock_start, "clock_factor": wanted.clock_factor}
    if "clock_start" in changes or (base.clock_start is not None and base.clock_real_start is None):
        changes["clock_real_start"] = datetime.now(UTC)
    if wanted.kafka is not None:
        changes["kafka_bootstrap"] = wanted.kafka
    else:
        changes |= {
            "kafka_bootstrap": engines.kafka.bootstrap_servers,
            "kafka_admin_user": engines.kafka.user,
            "kafka_admin_password": SecretStr(engines.kafka.password),
        }
        accounts = joined(accounts, kafka_logins(kept))
        operator = accounts[OPERATOR]
        changes |= {"kafka_user": operator.kafka_user, "kafka_password": operator.kafka_password}
    if wanted.database is not None:
        owner = base.database_owner_url.get_secret_value() or wanted.database
        changes |= {"database_url": SecretStr(wanted.database), "database_owner_url": SecretStr(owner)}
    else:
        changes |= {
            "database_url": SecretStr(engines.postgres.worker_url),
            "database_owner_url": SecretStr(engines.postgres.owner_url),
            "vault_url": SecretStr(engines.postgres.vault_url),
        }
        accounts = joined(accounts, database_logins(engines.postgres))
    return base.model_copy(update={**changes, "accounts": accounts})


def _engine_children(engines: EmbeddedEngines, instance: Instance) -> list[Child]:
    """The embedded engines that run, for the supervisor to restart when one dies."""
    logs = instance.log_directory
    children = []
    if engines.postgres.process is not None:
        process, log = engines.postgres.process, str(engines.postgres.log_directory)
        children.append(
            Child("postgres", engines.postgres.spawn, ENGINE_STAGE, signal.SIGINT, 30.0, log=log, adopted=process)
        )
    if engines.kafka.process is not None:
        process, log = engines.kafka.process, str(logs / "kafka.log")
        children.append(
            Child("kafka", engines.kafka.spawn, ENGINE_STAGE, signal.SIGTERM, 20.0, log=log, adopted=process)
        )
    return children


def _worker_children(settings: Settings, instance: Instance) -> list[Child]:
    def child(name: str) -> Child:
        # Its own credentials, and no others: /proc shows a process's environment to everything of the same user.
        log = instance.log_directory / f"{name}.log"
        environment = settings.model_copy(update={"log_file": log}).worker_environment(name)
        command = [sys.executable, "-m", "deploy.cli", "worker", name]

        def spawn() -> Popen[bytes]:
            return instance.processes.spawn(name, command, log=log, environment=environment)

        return Child(name, spawn, WORKER_STAGE, log=str(log))

    return [child(row.name) for row in WORKERS]


def _monitor_log(instance: Instance) -> Path:
    return instance.log_directory / "prometheus.log"


def _monitor_children(settings: Settings, instance: Instance, report: Report) -> list[Child]:
    """Prometheus, when it is installed; else a line that says so, and no child."""
    program = shutil.which("prometheus")
    if program is None:
        report(running.NO_PROMETHEUS)
        return []
    directory = instance.directory / "prometheus"
    config = write_monitor_config(directory, settings)
    command = monitor_command(program, directory, config)
    report(running.PROMETHEUS.filled(address=f"http://127.0.0.1:{monitor_port(directory)}"))
    log = _monitor_log(instance)

    def spawn() -> Popen[bytes]:
        return instance.processes.spawn("prometheus", command, log=log)

    return [Child("prometheus", spawn, WORKER_STAGE, log=str(log))]
