"""The demonstration: a province's working day, planned from a seed and played by actors against the running bus."""
