"""A connection that overlaps waiting with work: while the server executes a statement, the worker does more."""

from select import POLLIN, POLLOUT, poll
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from consumers.runner.ports import Meanwhile

Answer = TypeVar("Answer")


class OverlappedConnection(Connection[Any]):
    """Does other work as long as there is some and the server neither takes more nor has answered.

    The driver comes through `wait` for all that it waits for, the rows of a COPY and the commit included.
    """

    _meanwhile: Meanwhile | None = None

    def fill_waits(self, meanwhile: Meanwhile) -> None:
        """Call `meanwhile` in every wait from now on; it must neither raise nor use this connection.

        What is raised all the same, an interrupt from the keyboard above all, leaves the connection good for nothing
        but being closed.
        """
        self._meanwhile = meanwhile

    def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Do as the driver does, but wait only for what is not there when the other work is done."""
        if self._meanwhile is not None:
            gen = self._working(gen, self._meanwhile)
        return super().wait(gen, *args, **kwargs)

    def _working(self, waits: PQGen[Answer], meanwhile: Meanwhile) -> PQGen[Answer]:
        ready: Ready | int | None = None
        while True:
            try:
                wanted = next(waits) if ready is None else waits.send(ready)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            while not self._is_ready(wanted) and meanwhile():
                pass
            ready = yield wanted

    def _is_ready(self, wanted: Wait) -> bool:
        socket = poll()
        socket.register(self.pgconn.socket, (POLLIN if wanted & Wait.R else 0) | (POLLOUT if wanted & Wait.W else 0))
        return bool(socket.poll(0))
