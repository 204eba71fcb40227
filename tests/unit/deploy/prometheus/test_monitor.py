"""The configuration of a Prometheus beside the bus names every worker at its real port."""

from pathlib import Path

import pytest
import yaml

from deploy.engines.kept import Kept
from deploy.prometheus.monitor import RULES_DIRECTORY, monitor_command, write_monitor_config
from deploy.settings import Settings
from deploy.workers.table import WORKERS


def test_every_worker_is_a_target_under_its_own_name(tmp_path: Path) -> None:
    settings = Settings(data_directory=tmp_path, metrics_port=9_500)
    config = yaml.safe_load(write_monitor_config(tmp_path / "prometheus", settings).read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    targets = {target["labels"]["worker"]: target["targets"] for target in job["static_configs"]}
    assert targets == {row.name: [f"127.0.0.1:{9_500 + row.port_offset}"] for row in WORKERS}


def test_every_committed_rule_file_is_loaded(tmp_path: Path) -> None:
    config = yaml.safe_load(write_monitor_config(tmp_path, Settings(data_directory=tmp_path)).read_text("utf-8"))
    assert config["rule_files"] == [str(path) for path in sorted(RULES_DIRECTORY.glob("*.rules.yml"))]


def test_it_listens_on_loopback_only_and_keeps_its_data_below_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Choosing a free port needs a socket, which a unit test may not open; a kept one is taken as it is.
    Kept(tmp_path / "kept.json").keep("port", 9_090)
    monkeypatch.setattr("deploy.processes.processes.port_is_free", lambda port, address: True)
    command = monitor_command("/usr/bin/prometheus", tmp_path, tmp_path / "prometheus.yml")
    assert "--web.listen-address=127.0.0.1:9090" in command
    assert f"--storage.tsdb.path={tmp_path / 'data'}" in command
