"""A connection on which nobody waits idly: while the server works, so does the worker, at something else."""

from select import select
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.waiting import Wait

from consumers.runner.ports import Meanwhile

Answer = TypeVar("Answer")


class UnhurriedConnection(Connection[Any]):
    """Does other work as long as there is some and the server neither takes more nor has answered.

    The driver comes through `wait` for all that it waits for, the rows of a COPY and the commit included.
    """

    _meanwhile: Meanwhile | None = None

    def fill_waits(self, meanwhile: Meanwhile) -> None:
        """Call `meanwhile` in every wait from now on; it must neither raise nor use this connection."""
        self._meanwhile = meanwhile

    def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Do as the driver does, but wait only for what is not there when the other work is done."""
        if self._meanwhile is not None:
            gen = self._working(gen, self._meanwhile)
        return super().wait(gen, *args, **kwargs)

    def _working(self, waits: PQGen[Answer], meanwhile: Meanwhile) -> PQGen[Answer]:
        try:
            wanted = next(waits)
            while True:
                while not self._is_ready(wanted) and meanwhile():
                    pass
                wanted = waits.send((yield wanted))
        except StopIteration as end:
            answer: Answer = end.value
            return answer

    def _is_ready(self, wanted: Wait) -> bool:
        socket = [self.pgconn.socket]
        readable, writable, _ = select(socket if wanted & Wait.R else [], socket if wanted & Wait.W else [], [], 0)
        return bool(readable or writable)
