"""What parties may look at, as machines are told it: one declared table of reads over the use cases of commands."""
