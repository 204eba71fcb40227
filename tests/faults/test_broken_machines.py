"""What full disks and cut networks are made of: a disk that has no room, a cable that is silent when it is pulled."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.faults.disks import Filler
from tests.faults.networks import network_apart
from tests.faults.privileges import NotPermitted, small_disk
from tests.kit.real.running import until

pytestmark = pytest.mark.integration

CLIENT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as wire:
    for line in sys.stdin:
        wire.sendall(line.encode())
        print("handed over", flush=True)
"""


Entered = TypeVar("Entered")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def enter(stack: ExitStack, manager: AbstractContextManager[Entered]) -> Entered:
    """Enter what not everybody may make; CI is root, and may."""
    try:
        return stack.enter_context(manager)
    except NotPermitted as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def test_a_full_disk_takes_nothing_not_even_where_something_was_given_back(stack: ExitStack, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    enter(stack, small_disk(disk, 4))
    (disk / "old").write_bytes(bytes(1 << 20))
    with Filler(disk):
        (disk / "old").unlink()
        until(lambda: not os.statvfs(disk).f_bavail, "what was given back to be taken")
        with pytest.raises(OSError, match="No space left"):
            (disk / "new").write_bytes(b"x")
    (disk / "new").write_bytes(bytes(3 << 20))
    stack.close()
    assert list(disk.iterdir()) == []


def test_a_pulled_cable_refuses_nothing_and_is_silent(stack: ExitStack) -> None:
    apart = enter(stack, network_apart())
    server = stack.enter_context(socket.create_server((str(apart.interface.ip), 0)))
    server.settimeout(10)
    address, port = server.getsockname()
    command = apart.inside([sys.executable, "-c", CLIENT, address, str(port)])
    client = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(client.kill)
    connection = stack.enter_context(server.accept()[0])

    def says(word: bytes) -> None:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(word + b"\n")
        client.stdin.flush()
        assert client.stdout.readline() == b"handed over\n"

    says(b"one")
    connection.settimeout(10)
    assert connection.recv(100) == b"one\n"
    apart.pull()
    says(b"two")
    connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        connection.recv(100)
    apart.plug()
    connection.settimeout(20)
    assert connection.recv(100) == b"two\n"
