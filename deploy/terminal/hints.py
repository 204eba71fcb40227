"""Commands that a person is told to type, as a shell takes them."""

import shlex
import sys


def hint(*words: object) -> str:
    """Return this program's command of these words, ready to be copied: what holds blanks is quoted."""
    return shlex.join([sys.argv[0], *map(str, words)])
