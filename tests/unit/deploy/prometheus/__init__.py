"""Tests of the monitoring files."""
