"""Child processes, the ports they listen on, and the supervisor that restarts them."""
