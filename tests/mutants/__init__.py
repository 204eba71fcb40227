"""Faults put into the code on purpose: each must turn a test red."""
