"""The runner on the real engines."""
