"""A Prometheus beside a running bus (`pishkhan up --monitor`): its configuration, with the workers' real ports."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from deploy.engines.kept import Kept
from deploy.processes.processes import choose_port
from deploy.settings import Settings
from deploy.workers.table import WORKERS

RULES_DIRECTORY = Path(__file__).parent
SCRAPE_EVERY = "5s"


def scrape_config(first_port: int, rule_files: Sequence[str]) -> dict[str, object]:
    """Return a configuration in which every worker of the table is one target on loopback."""
    targets = [
        {"targets": [f"127.0.0.1:{first_port + row.port_offset}"], "labels": {"worker": row.name}} for row in WORKERS
    ]
    return {
        "global": {"scrape_interval": SCRAPE_EVERY, "evaluation_interval": SCRAPE_EVERY},
        "rule_files": list(rule_files),
        "scrape_configs": [{"job_name": "pishkhan", "static_configs": targets}],
    }


def write_monitor_config(directory: Path, settings: Settings) -> Path:
    """Write the configuration below `directory` and return its path; every worker is one target."""
    directory.mkdir(parents=True, exist_ok=True)
    rule_files = [str(path) for path in sorted(RULES_DIRECTORY.glob("*.rules.yml"))]
    config = scrape_config(settings.metrics_port, rule_files)
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def monitor_port(directory: Path) -> int:
    """The port of this data directory's Prometheus: the same as last time when it is free."""
    kept = Kept(directory / "kept.json")
    port = choose_port(kept.number("port"))
    kept.keep("port", port)
    return port


def monitor_command(program: str, directory: Path, config: Path) -> list[str]:
    """Arguments that run it on loopback, with its data below `directory`."""
    return [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--storage.tsdb.retention.time=7d",
        f"--web.listen-address=127.0.0.1:{monitor_port(directory)}",
    ]
