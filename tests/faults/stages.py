"""Where faults are played: engines of our own, which may be broken, with a trial bus on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from connectors.database.migrate import migrate
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.faults.bus import TrialBus
from deploy.faults.fault import Trial
from deploy.settings import Settings


class OwnBus(TrialBus):
    """A trial bus on engines of its own."""

    def __init__(self, settings: Settings, directory: Path, engines: EmbeddedEngines) -> None:
        super().__init__(settings, directory)
        self.engines = engines


def engines_of(trial: Trial) -> EmbeddedEngines:
    """Return the engines that a trial may break."""
    assert isinstance(trial.bus, OwnBus), "destructive faults are played on engines of our own"
    return trial.bus.engines


@contextmanager
def own_bus(directory: Path) -> Iterator[OwnBus]:
    """Start engines and a trial bus on them, in `directory`; stop everything at the end."""
    with Instance(directory) as instance:
        engines = EmbeddedEngines(instance)
        engines.start()
        try:
            bus = OwnBus(settings_of(directory, engines), directory / "trial", engines)
            try:
                migrate(bus.settings.owner_database_url())
                bus.prepare()
                yield bus
            finally:
                bus.close()
        finally:
            engines.stop()


def settings_of(directory: Path, engines: EmbeddedEngines) -> Settings:
    """Return the settings of a bus on `engines`."""
    return Settings(
        data_directory=directory,
        kafka_bootstrap=engines.kafka.bootstrap_servers,
        kafka_user=engines.kafka.user,
        kafka_password=SecretStr(engines.kafka.password),
        database_url=SecretStr(engines.postgres.worker_url),
        database_owner_url=SecretStr(engines.postgres.owner_url),
        routing_secret=SecretStr("a trial's secret"),
    )
