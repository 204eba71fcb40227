"""The configuration of a Prometheus beside the bus names every worker at its real port."""

from pathlib import Path

import yaml

from deploy.prometheus.monitor import write_monitor_config
from deploy.settings import Settings
from deploy.workers import WORKERS


def test_every_worker_is_a_target_under_its_own_name(tmp_path: Path) -> None:
    settings = Settings(data_directory=tmp_path, metrics_port=9_500)
    config = yaml.safe_load(write_monitor_config(tmp_path / "prometheus", settings).read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    targets = {target["labels"]["worker"]: target["targets"] for target in job["static_configs"]}
    assert targets == {row.name: [f"127.0.0.1:{9_500 + row.port_offset}"] for row in WORKERS}
