"""The question and its answer, read by the library from the broker's own descriptions, which lie beside (KIP-932)."""

from kafka.protocol.api_message import ApiMessage


class DescribeShareGroupOffsetsRequest(ApiMessage, load_json=__package__):  # type: ignore[misc, call-arg]  # untyped library
    """Asks a group's coordinator where the group's partitions begin: all before is done with. No topics: all."""


class DescribeShareGroupOffsetsResponse(ApiMessage, load_json=__package__):  # type: ignore[misc, call-arg]  # untyped library
    """Says it per group, topic and partition; -1 where the group has taken nothing yet."""
