"""Child processes, the ports they listen on, and who starts them again."""
