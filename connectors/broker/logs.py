"""All topics as a reconciliation reads them, from outside the workers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.broker.admin import BrokerAdmin
from connectors.broker.history import KafkaHistory
from connectors.broker.login import KafkaLogin
from consumers.reconciliation.domain.repair import Reader
from consumers.runner.records import Partition, Record, Span
from schemas.partition import Place

#: How the names of the bus's own consumer groups begin.
OWN_GROUPS = "pishkhan."


class KafkaLogs:
    """Implements `consumers.reconciliation.ports.ComparedLogs`. Connects at once; close it."""

    def __init__(self, login: KafkaLogin) -> None:
        self._admin = BrokerAdmin(login)
        self._history = KafkaHistory(login)

    def __enter__(self) -> "KafkaLogs":
        """Return the logs themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the connections."""
        self.close()

    def cluster_id(self) -> str:
        """Return the cluster's id."""
        return self._admin.cluster_id()

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of all topics as they exist now."""
        return self._admin.partitions()

    def spans(self, places: Collection[Place]) -> Mapping[Place, Span]:
        """Return what each of `places` holds now."""
        return self._history.spans(places)

    def since(self, places: Collection[Place], moment: datetime) -> Mapping[Place, int]:
        """Return each place's first position at or after `moment`; a place without such a record is left out."""
        return self._history.since(places, moment)

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Record]:
        """Yield every record of `spans`, each place in its order, places interleaved."""
        return self._history.between(spans)

    def outside_readers(self, topic: str) -> list[Reader]:
        """Return how far groups that are not the bus's own say that they have read a topic, share groups too."""
        return [
            Reader(group, Place(topic, partition), position, shares)
            for shares, groups in (
                (False, self._admin.committed(topic)),
                (True, self._admin.done_by_share_groups(topic)),
            )
            for group, positions in sorted(groups.items())
            if not group.startswith(OWN_GROUPS)
            for partition, position in sorted(positions.items())
        ]

    def close(self) -> None:
        """End the connections."""
        self._history.close()
        self._admin.close()
