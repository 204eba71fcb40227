"""Files that people write, as they come."""
