"""Fixtures that every test may ask for."""

from tests.brokers import own_broker
from tests.bus import running_bus
from tests.databases import database, engine
from tests.engines import engines, fresh_database

__all__ = ["database", "engine", "engines", "fresh_database", "own_broker", "running_bus"]
