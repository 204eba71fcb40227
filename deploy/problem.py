"""What a person at the terminal is told in words, without a trace of calls."""


class Problem(Exception):
    """Something expectable is wrong; the message says what and the remedy. A command that meets it ends with code 1."""
