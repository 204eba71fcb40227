"""The real engines behind the ports."""
