"""Words and forms at the terminal."""
