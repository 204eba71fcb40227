"""The server under the application: uvicorn, which says nothing of itself, with deadlines that it lacks."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from connectors.http.limits import HttpLimits
from connectors.http.problems import HEADERS_TOO_LARGE, MALFORMED, TOO_SLOW, Refused

#: An idle connection stays open for so many seconds: longer than most clients keep theirs.
KEEP_ALIVE_SECONDS = 75
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the gateway listens, with its certificate if it has one."""

    host: str
    port: int
    certificate: Path | None = None
    certificate_key: Path | None = None


class PatientProtocol(HttpToolsProtocol):
    """Bounds what uvicorn leaves open: how large path and headers are, how long they take, how many connect."""

    def __init__(self, *arguments: Any, limits: HttpLimits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._header_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._why = MALFORMED

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself
        """Take a connection, unless there are as many as may be."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            transport.close()
            return
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; the first byte of another request starts its deadline."""
        cycle: RequestResponseCycle | None = self.cycle
        if self._deadline is None and (cycle is None or cycle.response_complete):
            self._expect()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Count anew."""
        self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Path and headers are there: the body's deadline is the application's."""
        self._arrived()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong in the form of every other problem; the connection ends."""
        problem = Refused(self._why)
        body = problem.body()
        head = b"".join(name + b": " + value + b"\r\n" for name, value in problem.all_headers())
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[self._why.status.value] + head + length + body)
        self.transport.close()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self._limits.header_bytes:
            self._why = HEADERS_TOO_LARGE
            raise httptools.HttpParserError("path and headers are too large")

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(self._limits.header_seconds, self._too_late)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        self._why = TOO_SLOW
        # Whoever has sent nothing expects no answer.
        if self._header_bytes:
            self.send_400_response("")
        else:
            self.transport.close()


class GatewayServer(uvicorn.Server):
    """Ends when it is told so by an event, and leaves signals to whoever started it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Change nothing."""
        yield


def server_of(app: ASGIApp, where: Listening, limits: HttpLimits) -> GatewayServer:
    """Return the server, not running yet."""
    config = uvicorn.Config(
        app,
        host=where.host,
        port=where.port,
        loop="uvloop",
        http=partial(PatientProtocol, limits=limits),  # type: ignore[arg-type]  # called like the class
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=limits.drain_seconds,
        backlog=1_024,
        ssl_certfile=None if where.certificate is None else str(where.certificate),
        ssl_keyfile=None if where.certificate_key is None else str(where.certificate_key),
    )
    return GatewayServer(config)


async def serve_until(server: GatewayServer, stop: Event, ending: Callable[[], None]) -> None:
    """Serve until `stop` is set, then answer what is in hand; `ending` ends what would go on for ever."""
    serving = asyncio.create_task(server.serve())
    while not serving.done() and not stop.is_set():
        await asyncio.wait((serving,), timeout=_LOOK_SECONDS)
    ending()
    server.should_exit = True
    await serving
