"""Several brokers on one machine as one cluster: for trying what a real cluster of machines must survive."""

from collections.abc import Callable
from ipaddress import IPv4Interface
from pathlib import Path

from deploy.engines.kafka import EmbeddedKafka, Seat
from deploy.engines.kept import Kept
from deploy.engines.network import LOOPBACK
from deploy.processes.processes import ProcessTable


class KafkaCluster:
    """`size` brokers, each also a controller. Ports and secrets are kept together, so that they know each other.

    On one machine it survives the loss of a broker's process, and nothing that takes the machine.
    """

    def __init__(
        self,
        directory: Path,
        log_directory: Path,
        processes: ProcessTable,
        class_path: Callable[[], list[Path]],
        size: int,
        interface: IPv4Interface = LOOPBACK,
    ) -> None:
        kept = Kept(directory / "kept.json")
        self.brokers = tuple(
            EmbeddedKafka(
                directory / f"broker-{number}",
                log_directory / f"kafka-{number}",
                processes,
                class_path,
                Seat(number, size),
                kept,
                interface,
            )
            for number in range(1, size + 1)
        )

    @property
    def bootstrap_servers(self) -> str:
        """`host:port` of every broker, separated by commas; known after `start`."""
        return ",".join(broker.bootstrap_servers for broker in self.brokers)

    @property
    def user(self) -> str:
        """The bus's own user: a super user of the brokers."""
        return self.brokers[0].user

    @property
    def password(self) -> str:
        return self.brokers[0].password

    def start(self) -> None:
        """Start all and wait until each answers. Leaves none running when one fails. Raises as one broker does."""
        try:
            for broker in self.brokers:
                broker.choose_ports()
            for broker in self.brokers:
                broker.begin_there()
            for broker in self.brokers:
                broker.wait_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all that run, one after another."""
        for broker in self.brokers:
            broker.stop()
