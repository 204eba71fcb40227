"""Where faults are played: engines of our own, which may be broken, with a trial bus on them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from connectors.database.schema.migrate import migrate
from deploy.accounts import database_logins, joined, kafka_logins, provision_accounts
from deploy.engines.cluster import KafkaCluster
from deploy.engines.instance import KAFKA_FOLDER, POSTGRES_FOLDER, Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kept import Kept
from deploy.engines.network import LOOPBACK
from deploy.engines.postgres import EmbeddedPostgres
from deploy.faults.bus import TrialBus
from deploy.faults.crew import Wrap, unwrapped
from deploy.faults.fault import Trial
from deploy.settings import Settings
from tests.faults.networks import Apart, network_apart
from tests.faults.privileges import small_disk

#: Room for an engine's own files and some runs; what is left of it is filled up.
KAFKA_DISK_MB = 96
POSTGRES_DISK_MB = 384


class OwnBus(TrialBus):
    """A trial bus on engines of its own. `apart` is a network from which they can be reached, if there is one."""

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        kafka: KafkaCluster,
        postgres: EmbeddedPostgres,
        apart: Apart | None = None,
        wrap: Wrap = unwrapped,
    ) -> None:
        super().__init__(settings, directory, wrap=wrap)
        self.kafka = kafka
        self.postgres = postgres
        self.apart = apart


def own(trial: Trial) -> OwnBus:
    """Return the bus whose engines a trial may break."""
    assert isinstance(trial.bus, OwnBus), "destructive faults are played on engines of our own"
    return trial.bus


def cable(trial: Trial) -> Apart:
    """Return the network apart that a trial's workers may run in."""
    apart = own(trial).apart
    assert apart is not None, "such faults are played on engines that can be reached from a network apart"
    return apart


@contextmanager
def own_bus(directory: Path, brokers: int = 1, apart: Apart | None = None, wrap: Wrap = unwrapped) -> Iterator[OwnBus]:
    """Start engines and a trial bus on them, in `directory`; stop everything at the end. `wrap` changes its workers."""
    interface = LOOPBACK if apart is None else apart.interface
    with ExitStack() as stack:
        instance = stack.enter_context(Instance(directory))
        logs, processes = instance.log_directory, instance.processes
        kafka = KafkaCluster(directory / KAFKA_FOLDER, logs, processes, ensure_jars, brokers, interface)
        stack.callback(kafka.stop)
        kafka.start()
        postgres = EmbeddedPostgres(directory / POSTGRES_FOLDER, logs, processes, interface)
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
            accounts=joined(kafka_logins(Kept(directory / "accounts.json")), database_logins(postgres)),
        )
        provision_accounts(settings)
        bus = OwnBus(settings, directory / "trial", kafka, postgres, apart, wrap)
        stack.callback(bus.close)
        migrate(settings.owner_database_url())
        bus.prepare()
        yield bus


cluster_bus = partial(own_bus, brokers=3)


@contextmanager
def small_disks_bus(directory: Path) -> Iterator[OwnBus]:
    """Each engine has a small disk of its own. Raises `NotPermitted`."""
    with (
        small_disk(directory / KAFKA_FOLDER, KAFKA_DISK_MB),
        small_disk(directory / POSTGRES_FOLDER, POSTGRES_DISK_MB),
        own_bus(directory) as bus,
    ):
        yield bus


@contextmanager
def apart_bus(directory: Path) -> Iterator[OwnBus]:
    """The engines can be reached from one network more. Raises `NotPermitted`."""
    with network_apart() as apart, own_bus(directory, apart=apart) as bus:
        yield bus
