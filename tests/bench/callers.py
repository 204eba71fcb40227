"""Callers of a door: as few instructions as can be, because they share the machine with what they measure."""

import asyncio
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import cast

import uvloop

HOST = "127.0.0.1"


class Caller(asyncio.Protocol):
    """One kept connection, with one request on its way at a time."""

    def __init__(self) -> None:
        self._left = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's are of no class of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Give the answer, once it is whole."""
        self._left += data
        end = self._left.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._left[:end].lower()
        place = head.find(b"content-length: ")
        length = int(head[place + 16 :].split(b"\r\n", 1)[0])
        if len(self._left) >= end + 4 + length and self._answer is not None:
            answer, self._left = self._left, b""
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(str(exc)))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return its whole answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


def request_of(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of a POST."""
    lines = {"host": HOST, "content-length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def as_fast_as_they_can(port: int, requests: Callable[[], Iterator[bytes]], callers: int, seconds: float) -> float:
    """Return how many requests a second are answered when so many callers send one after another."""

    async def all_of_them() -> float:
        loop = asyncio.get_running_loop()
        pairs = [await loop.create_connection(Caller, HOST, port) for _ in range(callers)]
        source = requests()
        done, ends = 0, time.perf_counter() + seconds

        async def one(caller: Caller) -> None:
            nonlocal done
            while time.perf_counter() < ends:
                _check(await caller.ask(next(source)))
                done += 1

        began = time.perf_counter()
        await asyncio.gather(*(one(caller) for _, caller in pairs))
        took = time.perf_counter() - began
        for transport, _ in pairs:
            transport.close()
        return done / took

    return uvloop.run(all_of_them())


def at_a_rate(
    port: int, requests: Callable[[], Iterator[bytes]], rate: float, seconds: float, callers: int = 200
) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds, of requests that come at a rate whatever happens."""

    async def all_of_them() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        free = [(await loop.create_connection(Caller, HOST, port))[1] for _ in range(callers)]
        source, took, calls = requests(), list[float](), set[asyncio.Task[None]]()

        async def one(caller: Caller, due: float) -> None:
            _check(await caller.ask(next(source)))
            took.append(1_000 * (time.perf_counter() - due))
            free.append(caller)

        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            while (left := due - time.perf_counter()) > 0 or not free:
                await asyncio.sleep(max(left, 0.0005))
            task = asyncio.create_task(one(free.pop(), due))
            calls.add(task)
            task.add_done_callback(calls.discard)
        await asyncio.gather(*calls)
        cuts = quantiles(took, n=100)
        return cuts[49], cuts[98]

    return uvloop.run(all_of_them())


def _check(answer: bytes) -> None:
    if not answer.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")):
        raise RuntimeError(answer[:400].decode(errors="replace"))
