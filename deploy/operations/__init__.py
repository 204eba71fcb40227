"""What operators do with a bus that is there: look for faults, read records again, replay a log."""
