"""Consumers over a real database, without a broker."""
