"""Citizens kept apart: who they are is in a vault, and everything else knows a random reference."""
