"""The warm process: it has read all of `pishkhan`, and forks for each command that it is asked for.

Run as `python -m tests.kit.real.fork_warm ADDRESS`. It ends with its input, and its commands with it.
"""

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from deploy import cli, early
from tests.kit.real.launch_warm import LENGTH, NUMBER

#: What runs until it is ended is started as installed.
NOT_WARM = ("up", "demo", "worker", "faults")


class Forks:
    """The commands that run, each with the line to whoever asked for it."""

    def __init__(self, address: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._lines: dict[int, socket.socket] = {}
        self._woken, self._wakes = socket.socketpair()
        self._woken.setblocking(False)
        self._wakes.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(f"{address}.new")
        self._door.listen()
        self._listen(sys.stdin.fileno(), self._end)
        self._listen(self._woken, self._tell)
        self._listen(self._door, self._open)
        # Whoever sees it may ask.
        os.rename(f"{address}.new", address)

    def serve(self) -> NoReturn:
        """Answer whatever comes, in turn."""
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _listen(self, to: int | socket.socket, then: Callable[[], object]) -> None:
        self._selector.register(to, selectors.EVENT_READ, then)

    def _open(self) -> None:
        line, _ = self._door.accept()
        head, files, _, _ = socket.recv_fds(line, LENGTH.size, 3)
        (length,) = LENGTH.unpack(head)
        asked = json.loads(line.recv(length, socket.MSG_WAITALL))
        command = os.fork()
        if command == 0:
            signal.set_wakeup_fd(-1)
            self._selector.close()
            for one in (line, self._door, self._woken, self._wakes, *self._lines.values()):
                one.close()
            become(asked["words"], asked["environment"], asked["folder"], files)
        for file in files:
            os.close(file)
        self._lines[command] = line
        self._listen(line, lambda: self._left(command))
        line.sendall(NUMBER.pack(command))

    def _left(self, command: int) -> None:
        """Whoever asked is gone."""
        if line := self._lines.get(command):
            self._selector.unregister(line)
            os.kill(command, signal.SIGKILL)

    def _tell(self) -> None:
        """Tell of every command that has ended."""
        self._woken.recv(4096)
        while self._lines and (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            command, status = ended
            line = self._lines.pop(command)
            with suppress(KeyError):
                self._selector.unregister(line)
            with suppress(BrokenPipeError), line:
                line.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _end(self) -> NoReturn:
        for command in self._lines:
            os.kill(command, signal.SIGKILL)
        os._exit(0)


def become(words: list[str], environment: dict[str, str], folder: str, files: list[int]) -> NoReturn:
    """Be the command in this process, as if it had been started so, and end as it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["pishkhan", *words]
    code: object = 1
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    # What an interpreter does at its end, but for taking itself apart.
    threading._shutdown()  # type: ignore[attr-defined]  # the interpreter's own word for waiting for all threads
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        output.flush()
    os._exit(int(code) if isinstance(code, int) else 1)


def main(address: str) -> NoReturn:
    """Read everything, and serve."""
    # A command ends so by a signal that comes before it has begun; it changes that itself.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, early._end)
    gc.disable()
    for row in cli.COMMANDS:
        if row.name not in NOT_WARM:
            import_module(row.module)
    gc.freeze()
    gc.enable()
    Forks(address).serve()


if __name__ == "__main__":
    main(sys.argv[1])
