"""The level of the broker's own formats: declared, reached by formatting or by raising, never by chance.

A new broker works on a folder of an older one as it is; only what it writes in newer formats shuts the older one out,
and Kafka refuses to lower `metadata.version` again. So the level is raised in a later release than the broker: until
then the way back is the older build. docs/decisions/0025-the-brokers-level-follows-its-release.md
"""

from collections.abc import Mapping
from typing import NamedTuple

from kafka import KafkaAdminClient

#: What folders are formatted for: the newest release whose brokers must still open what this build has written.
FORMAT_RELEASE = "4.1"


class Feature(NamedTuple):
    """One of the broker's features, and the level that FORMAT_RELEASE means for it."""

    name: str
    level: int


FEATURES: tuple[Feature, ...] = (
    # What the controller's own log may hold: 4.1-IV1, the highest that a 4.1 broker reads. First: the others need it.
    Feature("metadata.version", 27),
    # The newer protocol of consumer groups, which a client has to ask for.
    Feature("group.version", 1),
    # The second protocol of transactions: a producer that was fenced cannot write late.
    Feature("transaction.version", 2),
    # A replica that was in step stays eligible, so that a power cut of the last one loses nothing acknowledged.
    Feature("eligible.leader.replicas.version", 1),
    # Off at this release: nothing of the bus shares a partition among readers, and order per key would be lost.
    Feature("share.version", 0),
)


def features_to_raise(finalized: Mapping[str, int], wanted: tuple[Feature, ...] = FEATURES) -> dict[str, int]:
    """Return the features below the level that is wanted, in the order of the table. What is above it stays there."""
    return {feature.name: feature.level for feature in wanted if finalized.get(feature.name, 0) < feature.level}


def raise_features(admin: KafkaAdminClient, wanted: tuple[Feature, ...] = FEATURES) -> dict[str, int]:
    """Bring the cluster to the level that is wanted, one feature after another, and return what was raised.

    Each is for good. May raise a `KafkaError`; what was raised until then stays raised.
    """
    raising = features_to_raise(finalized_features(admin), wanted)
    for name, level in raising.items():
        admin.update_features({name: level})
    return raising


def finalized_features(admin: KafkaAdminClient) -> dict[str, int]:
    """Return the levels that the cluster stands at; a feature that is off is not named."""
    found = admin.describe_features()
    return {name: levels["finalized"][1] for name, levels in found.items() if "finalized" in levels}
