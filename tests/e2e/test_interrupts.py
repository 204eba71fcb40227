"""A signal at any moment of a bus's life: everything it started ends, in order, and it says so in words."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil
import pytest

from deploy.exits import ExitCode
from deploy.mistakes import PREFIX

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LONG = bool(os.environ.get("PISHKHAN_LONG"))
#: Real seconds after the start: before the engines, in their start, in the load of the province, and in the day.
MOMENTS = sorted(Random(7).uniform(0.5, 30.0) for _ in range(20 if LONG else 1))
COMMANDS = {
    "up": ["up"],
    "demo": ["demo", "--seconds", "60", "--requests", "300", "--no-replay"],
}


def left_behind(data: Path) -> list[str]:
    """Processes on record in a data folder that still run."""
    found = []
    for record in (data / "run").glob("*.json"):
        body = json.loads(record.read_text())
        if psutil.pid_exists(body["process_id"]):
            found.append(body["name"])
    return found


@pytest.mark.parametrize("after_seconds", MOMENTS, ids=lambda moment: f"{moment:.1f}")
@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_ends_everything_in_order(command: str, after_seconds: float, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *COMMANDS[command], "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
    )
    moment = time.monotonic() + after_seconds
    while time.monotonic() < moment and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=120)
    assert process.returncode == ExitCode.INTERRUPTED, shown
    assert "Traceback" not in shown
    assert shown.splitlines()[-1] == "Interrupted."
    assert left_behind(tmp_path / "data") == []
    for log in (tmp_path / "data" / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text(errors="replace"), log.name
