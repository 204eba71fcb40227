"""Signals that come while the program itself is being read: nothing has begun, so it ends at once, in one line.

The first import of `deploy.cli`, and light. An exception would be shown as a trace of imports, or be lost in one.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

#: What `sys.argv` calls us: the installed program, and `python -m deploy.cli`.
_PROGRAMS = ("pishkhan", "cli.py")
#: Those of `deploy.exits`, which takes long to read.
INTERRUPTED, DONE = 130, 0


def _end(_number: int, _frame: FrameType | None) -> None:
    code = INTERRUPTED
    # A worker runs until somebody ends it.
    if "worker" in sys.argv[1:2]:
        code = DONE
    else:
        os.write(2, b"Interrupted.\n")
    os._exit(code)


def interrupted() -> None:
    """From here on signals are what `interrupted_by_signals` makes of them; those of a terminal raise as ever."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is _end:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


if Path(sys.argv[0]).name in _PROGRAMS:
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
