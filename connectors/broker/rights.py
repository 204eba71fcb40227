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
    return [_rule(user or account.kafka_user, pattern, operation) for pattern, operation in _allowed(account)]


def writing(user: str, topic: str) -> list[ACL]:
    """Return the rules by which `user` may write one topic, and see that it is there."""
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    return [_rule(user, pattern, operation) for operation in (ACLOperation.WRITE, ACLOperation.DESCRIBE)]


def reading(user: str, topic: str) -> list[ACL]:
    """Return the rules by which `user` may read one topic."""
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    return [_rule(user, pattern, operation) for operation in (ACLOperation.READ, ACLOperation.DESCRIBE)]


def grouping(user: str, name: str) -> list[ACL]:
    """Return the rules by which `user` may keep positions in the group `name`, and in any that begins so with a colon.

    No code has a colon in it, so that no agency's groups are another one's.
    """
    one = ResourcePattern(ResourceType.GROUP, name)
    more = ResourcePattern(ResourceType.GROUP, f"{name}:", ACLResourcePatternType.PREFIXED)
    return [_rule(user, pattern, ACLOperation.READ) for pattern in (one, more)]


def _rule(user: str, pattern: ResourcePattern, operation: ACLOperation) -> ACL:
    return ACL(
        principal=f"User:{user}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=pattern,
    )


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
