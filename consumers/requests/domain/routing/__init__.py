"""Which office a request goes to, and the lists behind it."""
