"""Publishing with the real engines."""
