"""A real Prometheus that scrapes what a test runs; the program comes from the system's packages."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from deploy.engines.processes import choose_port

READY_SECONDS = 30.0


def prometheus_program() -> str:
    """Return the program, or skip the test; where tests are run for everybody, a missing one fails."""
    program = shutil.which("prometheus")
    if program is not None:
        return program
    message = "Prometheus is not installed: apt-get install prometheus"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def prometheus_on(directory: Path, targets: Mapping[str, int]) -> Iterator[str]:
    """Scrape `targets` (worker's name to port) every second; yields the address."""
    program = prometheus_program()
    static = [{"targets": [f"127.0.0.1:{port}"], "labels": {"worker": name}} for name, port in targets.items()]
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "pishkhan", "static_configs": static}],
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    port = choose_port(None)
    command = [
        program,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None, "Prometheus ended by itself"
        assert time.monotonic() < deadline, "Prometheus does not become ready"
        try:
            if httpx.get(f"{address}/-/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
