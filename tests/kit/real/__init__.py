"""Real engines, and buses that run on them."""
