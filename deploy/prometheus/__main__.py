"""`python -m deploy.prometheus` writes `prometheus.yml` anew, after the table of workers has changed."""

import yaml

from deploy.prometheus.monitor import RULES_DIRECTORY, scrape_config
from deploy.settings import Settings

COMMITTED = RULES_DIRECTORY / "prometheus.yml"
_HEADER = """\
# Scrapes one worker of each kind on this machine, at the default ports; written by `python -m deploy.prometheus`.
# `pishkhan up --monitor` writes its own, with the ports of its settings. Add targets here for more workers.
"""


def committed_config() -> str:
    """Return what the committed file must hold."""
    default_port: int = Settings.model_fields["metrics_port"].default
    config = scrape_config(default_port, ["*.rules.yml"])
    return _HEADER + yaml.safe_dump(config, sort_keys=False)


if __name__ == "__main__":
    COMMITTED.write_text(committed_config(), encoding="utf-8")
