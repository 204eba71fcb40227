"""Trials of faults: what is broken, under which load, and what must hold when it is quiet again."""
