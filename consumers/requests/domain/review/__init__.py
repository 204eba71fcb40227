"""Decisions explained, and recomputed from the logs."""
