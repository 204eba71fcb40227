"""Tests of settings, commands and the supervisor."""
