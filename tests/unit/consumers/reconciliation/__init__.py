"""Comparing: the pure part."""
