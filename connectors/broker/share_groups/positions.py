"""How far share groups have read a topic."""

from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import for_code

from connectors.broker.share_groups.messages import DescribeShareGroupOffsetsRequest

#: The type that the broker gives such a group in its list. Brokers before 4.0 name no type and have none of them.
SHARE = "share"


def is_share_group(listed: Mapping[str, Any]) -> bool:
    """Say whether a group of the broker's list is a share group."""
    return str(listed.get("group_type", "")).lower() == SHARE


def done_by_share_groups(client: KafkaAdminClient, groups: list[str], topic: str) -> dict[str, dict[int, int]]:
    """Return, by group, the position of each partition of `topic` before which the group is done with everything.

    It may have taken records beyond, in any order. A partition that it has not begun is left out. Raises a
    `KafkaError`, also when the broker says that a group may not be looked at.
    """
    library: Any = client
    found: dict[str, dict[int, int]] = library._manager.run(_ask, library, groups, topic)
    return found


async def _ask(client: Any, groups: list[str], topic: str) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for group, node_id in (await client._find_coordinator_ids(groups)).items():
        asked = DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=None)
        answer = await client._manager.send(DescribeShareGroupOffsetsRequest(groups=[asked]), node_id=node_id)
        for described in answer.groups:
            _refuse(described)
            found[described.group_id] = _positions(described, topic)
    return found


def _positions(group: Any, topic: str) -> dict[int, int]:
    positions: dict[int, int] = {}
    for read in group.topics:
        if read.topic_name != topic:
            continue
        for partition in read.partitions:
            _refuse(partition)
            if partition.start_offset >= 0:
                positions[partition.partition_index] = partition.start_offset
    return positions


def _refuse(answer: Any) -> None:
    """Raise what the broker said instead of an answer."""
    if answer.error_code:
        raise for_code(answer.error_code)(answer.error_message or "")
