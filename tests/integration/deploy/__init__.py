"""Tests of commands against real engines."""
