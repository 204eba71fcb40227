"""The registry's versions, and the stores of its consumer."""
