"""Fault trials: what is broken, under which load, and what must hold once the bus is idle again."""
