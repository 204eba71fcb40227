"""Faults while the whole bus works: what was acknowledged stays, each effect once. `make faults` plays all of them."""
