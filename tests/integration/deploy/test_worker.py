"""A worker that cannot begin says so in words."""

import os
import socket
import subprocess
import sys
from pathlib import Path

BROKER = {"PISHKHAN_KAFKA_BOOTSTRAP": "127.0.0.1:1", "PISHKHAN_DATABASE_URL": "postgresql://127.0.0.1:1/none"}


def worker(data: Path, settings: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the requests' worker with these settings alone."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PISHKHAN_")}
    command = [sys.executable, "-m", "deploy.cli", "worker", "requests", "--data", str(data), *options]
    return subprocess.run(command, env=bare | settings, capture_output=True, text=True, timeout=60, check=False)


def test_a_taken_port_is_told_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = worker(tmp_path, BROKER, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Port {port} cannot be used for metrics and health")
    assert "pishkhan worker requests --port PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_broker_or_a_database_it_says_which_is_unknown(tmp_path: Path) -> None:
    ended = worker(tmp_path, {})
    assert (ended.returncode, ended.stderr.split(".")[0]) == (1, "No broker is known")
    ended = worker(tmp_path, {"PISHKHAN_KAFKA_BOOTSTRAP": "127.0.0.1:1"})
    assert (ended.returncode, ended.stderr.split(".")[0]) == (1, "No database is known")
