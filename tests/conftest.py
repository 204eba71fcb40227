"""Fixtures that every test may ask for, and the order in which processes side by side are given the files."""

import os
import signal

import pytest

from tests.kit.on_sql.databases import database, engine
from tests.kit.real.brokers import own_broker
from tests.kit.real.engines import engines, fresh_database, migrated_database, template
from tests.kit.real.running import running_bus

__all__ = [
    "database",
    "engine",
    "engines",
    "fresh_database",
    "migrated_database",
    "own_broker",
    "running_bus",
    "template",
]

# Started in a shell's background, the tests would hand an ignored Ctrl-C to every process they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A broker of the tests lives for a minute: what the second compiler makes of its code never pays. Java reads this in
# every process that the tests start.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

#: Side by side, the longest files go first, so that what is given out last is short and all processes end together.
LONGEST_FIRST = (
    "tests/e2e/",
    "tests/faults/",
    "tests/docs/",
    "tests/integration/deploy/",
    "tests/simulator/",
    "tests/integration/",
    "tests/property/",
    "tests/contract/",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first where several processes take them from one list; each has its own copy of it."""
    if not hasattr(config, "workerinput"):
        return
    items.sort(
        key=lambda item: next(
            (rank for rank, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder)), len(LONGEST_FIRST)
        )
    )
