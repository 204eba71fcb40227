"""A block of ports for one instance, so that two that start at the same moment do not take each other's."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy.engines.kept import Kept
from deploy.problem import Problem
from deploy.processes.processes import port_is_free

#: Room between the blocks of instances that run side by side. The last port of a block says that it is taken.
PORT_STEP = 20
LOOPBACK = "127.0.0.1"


@contextmanager
def port_block(kept: Kept, first: int, offsets: Sequence[int]) -> Iterator[int]:
    """Yield the first port of a free block, the kept one if it still is, so that an outside Prometheus finds it.

    The block's last port is listened on until the end: workers take theirs only later, and an instance that starts
    meanwhile must see that the block has an owner. Raises `Problem` when no block is free.
    """
    for start in (kept.number("metrics_port") or first, *range(first, 65_000, PORT_STEP)):
        guard = _listen(start + PORT_STEP - 1)
        if guard is None:
            continue
        with guard:
            if all(port_is_free(start + offset) for offset in offsets):
                kept.keep("metrics_port", start)
                yield start
                return
    raise Problem(f"No free block of ports for the workers' metrics from {first} on; set PISHKHAN_METRICS_PORT.")


def _listen(port: int) -> socket.socket | None:
    """Return a socket that listens on `port`, or none when somebody else does."""
    guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        guard.bind((LOOPBACK, port))
        guard.listen()
    except OSError:
        guard.close()
        return None
    return guard
