"""Fixtures that every test may ask for."""

import signal

from tests.brokers import own_broker
from tests.bus import running_bus
from tests.databases import database, engine
from tests.engines import engines, fresh_database, migrated_database, template

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
