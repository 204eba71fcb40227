"""Decide what an event means: one package per capability, each with a pure `domain/` and thin handlers."""
