"""Fixtures that every test may ask for, and the order in which processes side by side are given the files."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
import structlog
from xdist.remote import Producer

from tests.kit.on_sql.databases import database, engine
from tests.kit.real.brokers import own_broker
from tests.kit.real.engines import engines, fresh_database, migrated_database, template
from tests.kit.real.running import ONE_BUS, one_bus, running_bus
from tests.kit.spread import Spread, on_the_bus, rank

__all__ = [
    "database",
    "engine",
    "engines",
    "fresh_database",
    "migrated_database",
    "one_bus",
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


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let no search for garbage go through what stays to the end anyway: all tests, modules and models."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread | None:
    """Give out what goes together; another way may be asked for by name."""
    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Stop the one bus behind the last of the tests that ask for it."""
    yield
    if ONE_BUS in item.config.stash and (nextitem is None or not on_the_bus(nextitem.nodeid)):
        item.config.stash[ONE_BUS].stop()


@pytest.fixture(autouse=True)
def logs_as_at_the_start() -> Iterator[None]:
    """Let no test read logs in the form that a worker gave them which an earlier test began in this process."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
