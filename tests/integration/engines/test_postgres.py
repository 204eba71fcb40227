"""The embedded server: roles, durability settings, and starts after a crash."""

import os
import signal
import socket
import stat
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from deploy.engines.instance import Instance
from deploy.engines.log_room import LogRoom
from deploy.engines.postgres import EmbeddedPostgres
from tests.kit.real.engines import DatabaseUrls, Engines

pytestmark = pytest.mark.integration


def read(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(statement)).scalar_one()
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this module's own have one cluster, one after the other."""
    return tmp_path_factory.mktemp("postgres")


def server(instance: Instance) -> EmbeddedPostgres:
    return EmbeddedPostgres(instance.directory / "postgres", instance.log_directory, instance.processes)


def test_it_is_durable_and_of_the_declared_version(folder: Path) -> None:
    with Instance(folder) as instance:
        own = server(instance)
        own.start()
        try:
            assert read(own.worker_url, "SELECT current_setting('fsync')") == "on"
            assert read(own.worker_url, "SELECT current_setting('full_page_writes')") == "on"
            assert read(own.worker_url, "SELECT current_setting('synchronous_commit')") == "on"
            assert str(read(own.worker_url, "SHOW server_version")).startswith("18.")
        finally:
            own.stop()


def test_the_worker_role_cannot_make_tables(fresh_database: DatabaseUrls) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        read(fresh_database.worker_url, "CREATE TABLE mine (id int)")


def test_a_wrong_password_is_refused(engines: Engines) -> None:
    port = engines.postgres.worker_url.rpartition(":")[2]
    with pytest.raises(OperationalError, match="password authentication failed"):
        read(f"postgresql+psycopg://pishkhan_worker:wrong@127.0.0.1:{port}", "SELECT 1")


def test_a_fresh_database_is_empty_and_belongs_to_the_owner(fresh_database: DatabaseUrls) -> None:
    assert read(fresh_database.owner_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert read(fresh_database.owner_url, owner) == "pishkhan_owner"


def test_committed_rows_survive_a_killed_server_and_a_reused_process_number(folder: Path) -> None:
    with Instance(folder) as instance:
        first = server(instance)
        first.start()
        with psycopg.connect(first.url("pishkhan_owner", driver="")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert first.process is not None
        os.kill(first.process.pid, signal.SIGKILL)
    lock = folder / "postgres" / "data" / "postmaster.pid"
    # As after a restart of the machine: the number now belongs to a living process that is no server, this one.
    lines = lock.read_text(encoding="utf-8").splitlines(keepends=True)
    lock.write_text("".join([f"{os.getppid()}\n", *lines[1:]]), encoding="utf-8")
    with Instance(folder) as instance:
        second = server(instance)
        second.start()
        try:
            assert read(second.owner_url, "SELECT answer FROM kept") == 42
        finally:
            second.stop()
            first.stop()


def test_a_taken_port_is_chosen_anew(folder: Path) -> None:
    with Instance(folder) as instance:
        first = server(instance)
        first.start()
        url = first.worker_url
        first.stop()
        port = int(url.rpartition(":")[2].partition("/")[0])
        with socket.create_server(("127.0.0.1", port)):
            second = server(instance)
            second.start()
            try:
                assert second.worker_url != url
                assert read(second.worker_url, "SELECT 1") == 1
            finally:
                second.stop()


def test_the_log_goes_on_in_new_files_and_the_oldest_go(tmp_path: Path) -> None:
    with Instance(tmp_path) as instance:
        room = LogRoom(bytes_max=64 * 1024, older=2)
        server = EmbeddedPostgres(tmp_path / "postgres", instance.log_directory, instance.processes, log_room=room)
        server.start()
        try:
            with psycopg.connect(server.administrator_url, autocommit=True) as connection:
                rounds, deadline = 0, time.monotonic() + 60
                # The names have whole seconds: what is full within one goes on in the same file.
                while len(list(server.log_directory.iterdir())) < 5:
                    assert time.monotonic() < deadline, "the log goes on in no new file"
                    connection.execute(
                        sql.SQL("DO $$ BEGIN FOR i IN 1..400 LOOP RAISE LOG {}; END LOOP; END $$").format(
                            sql.Literal(f"round {rounds} {'x' * 300}")
                        )
                    )
                    rounds += 1
            written = sorted(server.log_directory.iterdir())
            lines = [line for file in written for line in file.read_text(encoding="utf-8").splitlines()]
            said = [line.partition("round ")[2].partition(" ")[0] for line in lines if "LOG:  round" in line]
            assert said == [str(number) for number in range(rounds) for _ in range(400)]
            server.let_old_logs_go()
            assert sorted(server.log_directory.iterdir()) == written[-3:]
            assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in written[-3:])
        finally:
            server.stop()
        # What was said before the collector was there, and where the rest is.
        assert "redirecting log output" in (instance.log_directory / "postgres.log").read_text(encoding="utf-8")
