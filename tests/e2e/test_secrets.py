"""Who holds which secret while the bus runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.accounts import ACCOUNTS
from deploy.processes.processes import ProcessTable
from deploy.workers.table import worker_names
from tests.kit.real.running import RunningBus, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_no_worker_holds_a_password_that_another_could_use(running_bus: RunningBus) -> None:
    data, settings = running_bus.data_directory, running_bus.settings
    logins = {name: set(login.values().values()) - {login.kafka_user} for name, login in settings.accounts.items()}
    assert {*logins} == {row.name for row in ACCOUNTS} >= {*worker_names(), "operator"}
    assert all(len(secrets) == 2 for secrets in logins.values())
    given_to = {
        "requests": {settings.routing_secret.get_secret_value()},
        # The one door there is: callers' keys, and citizens' own vault.
        "gateway": {settings.key_secret.get_secret_value(), settings.vault_database_url()},
    }
    everybody = set().union(*logins.values()) | {
        settings.kafka_admin_password.get_secret_value(),
        settings.owner_database_url(),
        *set().union(*given_to.values()),
        *_kept_secrets(data),
    }
    command = [sys.executable, "-m", "deploy.cli", "worker", "requests", "--data", str(data), "--port", "0"]
    by_hand = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(
            lambda: b"PISHKHAN_ACCOUNT=requests" in _environment(by_hand.pid), "the worker to begin anew with its own"
        )
        children = {entry.name: entry.process_id for entry in ProcessTable(data / "run").leftovers()}
        running = [(name, children[name]) for name in worker_names()] + [("requests", by_hand.pid)]
        for name, number in running:
            held = _environment(number).decode()
            own = logins[name] | given_to.get(name, set())
            assert {secret for secret in everybody if secret in held} == own | _parts(own, everybody), name
    finally:
        by_hand.terminate()
        by_hand.wait(60)
    readable = [path for path in _files_with_secrets(data) if path.stat().st_mode & 0o077]
    assert readable == []


def _environment(process_id: int) -> bytes:
    return Path(f"/proc/{process_id}/environ").read_bytes()


def _parts(own: set[str], everybody: set[str]) -> set[str]:
    """Secrets that are part of one's own: a password within an address."""
    return {secret for secret in everybody if any(secret in one for one in own)}


def _files_with_secrets(data: Path) -> list[Path]:
    return [*data.glob("*.json"), *data.glob("*/kept.json")]


def _kept_secrets(data: Path) -> set[str]:
    """Every secret that any file of the folder keeps."""
    found = set()
    for path in _files_with_secrets(data):
        for value in json.loads(path.read_text(encoding="utf-8")).values():
            if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{40}", value):
                found.add(value)
    assert len(found) > 10
    return found
