"""Fixtures that every test may ask for, and the order in which processes side by side are given the files."""

import os
import signal

import pytest
from xdist.remote import Producer

from tests.kit.on_sql.databases import database, engine
from tests.kit.real.brokers import own_broker
from tests.kit.real.engines import engines, fresh_database, migrated_database, template
from tests.kit.real.running import running_bus
from tests.kit.spread import Spread, rank

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest first where several processes take from one list; each has its own copy of it."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread | None:
    """Give out what goes together; another way may be asked for by name."""
    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None
