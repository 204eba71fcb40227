"""What operators do with a running bus: look for faults, read records again, replay a log."""
