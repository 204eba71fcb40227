"""Where faults are played: engines of our own, which may be broken, with a trial bus on them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from connectors.database.migrate import migrate
from deploy.engines.cluster import KafkaCluster
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.postgres import EmbeddedPostgres
from deploy.faults.bus import TrialBus
from deploy.faults.fault import Trial
from deploy.settings import Settings


class OwnBus(TrialBus):
    """A trial bus on engines of its own."""

    def __init__(self, settings: Settings, directory: Path, kafka: KafkaCluster, postgres: EmbeddedPostgres) -> None:
        super().__init__(settings, directory)
        self.kafka = kafka
        self.postgres = postgres


def own(trial: Trial) -> OwnBus:
    """Return the bus whose engines a trial may break."""
    assert isinstance(trial.bus, OwnBus), "destructive faults are played on engines of our own"
    return trial.bus


@contextmanager
def own_bus(directory: Path, brokers: int = 1) -> Iterator[OwnBus]:
    """Start engines and a trial bus on them, in `directory`; stop everything at the end."""
    with ExitStack() as stack:
        instance = stack.enter_context(Instance(directory))
        logs, processes = instance.log_directory, instance.processes
        kafka = KafkaCluster(directory / "kafka", logs, processes, ensure_jars, brokers)
        stack.callback(kafka.stop)
        kafka.start()
        postgres = EmbeddedPostgres(directory / "postgres", logs, processes)
        stack.callback(postgres.stop)
        postgres.start()
        settings = Settings(
            data_directory=directory,
            kafka_bootstrap=kafka.bootstrap_servers,
            kafka_user=kafka.user,
            kafka_password=SecretStr(kafka.password),
            kafka_replicas=brokers,
            database_url=SecretStr(postgres.worker_url),
            database_owner_url=SecretStr(postgres.owner_url),
            routing_secret=SecretStr("a trial's secret"),
        )
        bus = OwnBus(settings, directory / "trial", kafka, postgres)
        stack.callback(bus.close)
        migrate(settings.owner_database_url())
        bus.prepare()
        yield bus


cluster_bus = partial(own_bus, brokers=3)
