"""Fixtures that every test may ask for."""

from tests.engines import engines, fresh_database

__all__ = ["engines", "fresh_database"]
