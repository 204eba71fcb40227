"""Asks a warm process for a command: from Python by `ask`, from a shell as the program `launcher` writes.

Run as `python -I -S launch_warm.py ADDRESS WORD...`, so that it takes milliseconds: the standard library alone.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence

#: The length of a request before it, and the two numbers of an answer: the process's id, then how it ended.
LENGTH, NUMBER = struct.Struct("!I"), struct.Struct("!i")


def ask(address: str, words: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> socket.socket:
    """Ask for a command with these three files; return the line on which its id comes, and later its exit code.

    Whoever closes the line before kills the command.
    """
    line = socket.socket(socket.AF_UNIX)
    line.connect(address)
    asked = json.dumps({"words": list(words), "environment": dict(environment), "folder": os.getcwd()}).encode()
    socket.send_fds(line, [LENGTH.pack(len(asked))], files)
    line.sendall(asked)
    return line


def number(line: socket.socket) -> int:
    """Return the next number of an answer. Raises `EOFError` when the warm process is gone."""
    taken = line.recv(NUMBER.size, socket.MSG_WAITALL)
    if len(taken) < NUMBER.size:
        raise EOFError("the warm process is gone")
    return int(NUMBER.unpack(taken)[0])


def main(address: str, *words: str) -> int:
    """Be the command, for a shell: its outputs, its exit code, and the signals that are meant for it."""
    line = ask(address, words, os.environ, [0, 1, 2])
    command = number(line)
    # A signal that came just before a wait would be passed on only after it, if it did not end the wait itself.
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda kind, _: os.kill(command, kind))
    while line not in select.select([line, woken], [], [])[0]:
        woken.recv(1)
    code = number(line)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
