"""Tests of pure parts, over memory."""
