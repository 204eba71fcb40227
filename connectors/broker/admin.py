"""Topics, users and rights on the broker, all derived from the one table of topics."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    OffsetSpec,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)

from connectors.accounts import Account
from connectors.broker.login import KafkaLogin, client_arguments, meaningful_errors
from connectors.broker.rights import grouping, reading, rights_of, writing
from connectors.broker.share_groups.positions import done_by_share_groups, is_share_group
from consumers.runner.errors import BrokerUnavailable
from consumers.runner.records import Partition
from schemas.limits import limits_of
from schemas.partition import Place
from schemas.topics import AGENCY_TOPICS, TOPICS, Topic, Writer

GATEWAY_USER = "gateway"
SCRAM_MECHANISM = "SCRAM-SHA-256"
#: What one batch of a topic may have; the broker compares it as it is sent.
BATCH_BYTES = "max.message.bytes"


def agency_user(code: str) -> str:
    """Return the broker user of one agency."""
    return f"agency-{code}"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic as it must be on the broker, and who but the bus may write or read it."""

    name: str
    row: Topic
    writer_user: str | None
    reader_user: str | None = None


def topic_rows(agencies: Sequence[str]) -> Iterator[TopicRow]:
    """Yield every topic of a bus with these agencies."""
    for topic in TOPICS:
        if topic in AGENCY_TOPICS:
            for code in agencies:
                user, written = agency_user(code), topic.writer is Writer.AGENCY
                yield TopicRow(topic.for_agency(code), topic, user if written else None, None if written else user)
        else:
            yield TopicRow(topic.name, topic, GATEWAY_USER if topic.writer is Writer.GATEWAY else None)


class BrokerAdmin:
    """A user at work on the cluster, with what it may do there. Every call may raise `BrokerUnavailable`."""

    def __init__(self, login: KafkaLogin) -> None:
        with meaningful_errors():
            self._client = KafkaAdminClient(**client_arguments(login, "pishkhan-admin"))

    def cluster_id(self) -> str:
        """Return the cluster's id."""
        with meaningful_errors():
            return str(self._client.describe_cluster()["cluster_id"])

    def ensure_topics(self, agencies: Sequence[str], replicas: int = 1) -> list[str]:
        """Make the topics that are missing, wait until they are there, and return their names.

        Those that are there take from now on as large records as the table of limits says.
        """
        rows = {row.name: row.row for row in topic_rows(agencies)}
        with meaningful_errors():
            there = set(self._client.list_topics())
            missing = {name: _creation(row, replicas) for name, row in rows.items() if name not in there}
            if missing:
                self._client.create_topics(missing, wait_for_metadata=True)
            self._keep_limits({name: row for name, row in rows.items() if name not in missing})
        return sorted(missing)

    def _keep_limits(self, rows: Mapping[str, Topic]) -> None:
        """Let the topics that were there already take what the table of limits says now."""
        if not rows:
            return
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, {BATCH_BYTES: None}) for name in rows]
        found = self._client.describe_configs(asked, config_filter="all")["topic"]
        changes = [
            ConfigResource(ConfigResourceType.TOPIC, name, {BATCH_BYTES: wanted})
            for name, row in rows.items()
            if found[name][BATCH_BYTES]["value"] != (wanted := str(limits_of(row).batch_bytes))
        ]
        if changes:
            self._client.alter_configs(changes)

    def partitions(self) -> list[Partition]:
        """Return every partition of every topic, with the topic's id."""
        with meaningful_errors():
            described = self._client.describe_topics()
        return [
            Partition(topic["name"], str(topic["topic_id"]), partition["partition_index"])
            for topic in described
            if not topic["is_internal"]
            for partition in sorted(topic["partitions"], key=lambda partition: partition["partition_index"])
        ]

    def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Return where those of `places` that are there end now."""
        there = {partition.place for partition in self.partitions()}
        wanted = {TopicPartition(*place): OffsetSpec.LATEST for place in places if place in there}
        with meaningful_errors():
            found = self._client.list_partition_offsets(wanted) if wanted else {}
        return {Place(place.topic, place.partition): at.offset for place, at in found.items()}

    def committed(self, topic: str) -> dict[str, dict[int, int]]:
        """Return what consumer groups have committed of one topic: by group, the next position in each partition."""
        groups = [str(group["group_id"]) for group in self._groups() if not is_share_group(group)]
        with meaningful_errors():
            found = self._client.list_group_offsets(dict.fromkeys(groups)) if groups else {}
        return {
            group: {place.partition: at.offset for place, at in offsets.items() if place.topic == topic}
            for group, offsets in found.items()
        }

    def done_by_share_groups(self, topic: str) -> dict[str, dict[int, int]]:
        """Return, by share group, before which position of each partition it is done with everything.

        Beyond it the group may have taken records in any order.
        """
        groups = [str(group["group_id"]) for group in self._groups() if is_share_group(group)]
        with meaningful_errors():
            return done_by_share_groups(self._client, groups, topic) if groups else {}

    def _groups(self) -> list[dict[str, Any]]:
        with meaningful_errors():
            groups: list[dict[str, Any]] = self._client.list_groups()
        return groups

    def ensure_users(self, passwords: Mapping[str, str]) -> None:
        """Set the passwords of `passwords`, by user name; users that are missing are made."""
        changes = [
            UserScramCredentialUpsertion(user, SCRAM_MECHANISM, password) for user, password in passwords.items()
        ]
        with meaningful_errors():
            failed = {user: why for user, why in self._client.alter_user_scram_credentials(changes).items() if why}
        if failed:
            raise BrokerUnavailable(f"the broker refused the users {sorted(failed)}: {next(iter(failed.values()))}")

    def ensure_rights(self, agencies: Sequence[str]) -> None:
        """Let each writer write its own intake topics, each agency read its own feed, and nobody anything else."""
        rights: list[ACL] = []
        for row in topic_rows(agencies):
            if row.writer_user is not None:
                rights += writing(row.writer_user, row.name)
            if row.reader_user is not None:
                rights += reading(row.reader_user, row.name)
        for code in agencies:
            rights += grouping(agency_user(code), agency_user(code))
        self._allow(rights)

    def ensure_exact_rights(self, account: Account, user: str) -> None:
        """Let `user` do what the account's row says; rules that an earlier version gave it and this one does not go."""
        wanted = rights_of(account, user)
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        of_user = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
        with meaningful_errors():
            there, _ = self._client.describe_acls(of_user)
        self._allow([rule for rule in wanted if rule not in there])
        gone = [rule for rule in there if rule not in wanted]
        if gone:
            with meaningful_errors():
                self._client.delete_acls(gone)

    def _allow(self, rights: Sequence[ACL]) -> None:
        if not rights:
            return
        with meaningful_errors():
            failed = self._client.create_acls(rights)["failed"]
        if failed:
            raise BrokerUnavailable(f"the broker refused {len(failed)} access rules: {failed[0].__name__}")

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def _creation(row: Topic, replicas: int) -> dict[str, Any]:
    return {
        "num_partitions": row.partitions,
        "replication_factor": replicas,
        "configs": {
            "cleanup.policy": "delete",
            "retention.ms": str(row.retention_ms),
            "message.timestamp.type": "LogAppendTime" if row.append_time else "CreateTime",
            BATCH_BYTES: str(limits_of(row).batch_bytes),
            "min.insync.replicas": str(max(1, replicas - 1)),
        },
    }
