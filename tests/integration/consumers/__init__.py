"""Consumers against real engines."""
