"""Judging one id at a time."""
