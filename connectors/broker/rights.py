"""The access rules of accounts on the broker, derived from their one table."""

from collections.abc import Iterable, Iterator
from itertools import product

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from connectors.accounts import Account

#: What the cluster itself is called in rules.
_CLUSTER = "kafka-cluster"
_EVERY = "*"


def rights_of(account: Account, user: str | None = None) -> list[ACL]:
    """Return every rule of an account, for its own user or for one of another name."""
    return [
        ACL(
            principal=f"User:{user or account.kafka_user}",
            host="*",
            operation=operation,
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=pattern,
        )
        for pattern, operation in _allowed(account)
    ]


def _allowed(account: Account) -> Iterator[tuple[ResourcePattern, ACLOperation]]:
    yield from product(_patterns(ResourceType.TOPIC, account.reads), (ACLOperation.READ, ACLOperation.DESCRIBE))
    yield from product(_patterns(ResourceType.TOPIC, account.writes), (ACLOperation.WRITE, ACLOperation.DESCRIBE))
    yield from product(_patterns(ResourceType.GROUP, account.groups), (ACLOperation.READ,))
    if account.inspects:
        yield ResourcePattern(ResourceType.CLUSTER, _CLUSTER), ACLOperation.DESCRIBE
        yield ResourcePattern(ResourceType.GROUP, _EVERY), ACLOperation.DESCRIBE


def _patterns(kind: ResourceType, names: Iterable[str]) -> Iterator[ResourcePattern]:
    for name in names:
        begins = name.endswith((".", "*"))
        pattern = ACLResourcePatternType.PREFIXED if begins else ACLResourcePatternType.LITERAL
        yield ResourcePattern(kind, name.removesuffix("*"), pattern)
