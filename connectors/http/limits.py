"""What one caller may take: of bytes, of time, and of turns. Whoever takes more harms nobody else."""

import asyncio
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Receive

from connectors.http.problems import BODY_TOO_LARGE, MALFORMED, TOO_MANY, TOO_SLOW, Refused


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """The declared limits; tests lower them. Sizes in bytes, times in real seconds."""

    # One act: the longest words of the directorate (a territory) are 900 kB.
    body_bytes: int = 1_000_000
    # A batch of acts, one a line.
    batch_bytes: int = 32_000_000
    batch_lines: int = 5_000
    # Path and headers of one request together: a key, a few ids, a trace.
    header_bytes: int = 16_384
    # From the first byte of a request to the last of its headers, and of its body.
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    # A listener that takes nothing for so long is let go.
    send_seconds: float = 20.0
    # Requests of one key in a second; a batch counts as one for every fifty lines.
    key_per_second: int = 500
    # Requests without a valid key from one address in a second.
    stranger_per_second: int = 20
    # Connections at once, and wishes that may wait for their transaction.
    connections: int = 2_000
    waiting: int = 20_000
    # How long a stop waits for requests in hand.
    drain_seconds: int = 10


#: A batch takes a turn for every so many lines.
LINES_PER_TURN = 50


class Turns:
    """Counts calls per key and per stranger's address, in this process."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_key = RateLimitItemPerSecond(limits.key_per_second)
        self._of_stranger = RateLimitItemPerSecond(limits.stranger_per_second)

    def take(self, key_id: str, turns: int = 1) -> None:
        """Take turns of a key. Raises `Refused`."""
        if not self._limiter.hit(self._of_key, key_id, cost=turns):
            raise Refused(TOO_MANY)

    def take_as_stranger(self, address: str) -> None:
        """Take a turn of somebody without a valid key. Raises `Refused`."""
        if not self._limiter.hit(self._of_stranger, "stranger", address):
            raise Refused(TOO_MANY)


async def body_of(receive: Receive, declared: bytes | None, bytes_max: int, seconds: float) -> bytes:
    """Return the whole body. Raises `Refused` when it is too large or too slow, or when the caller goes away."""
    if declared is not None and (not declared.isdigit() or len(declared) > 15):
        raise Refused(MALFORMED, "Content-Length is no number")
    if declared is not None and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
            body: bytes = message.get("body", b"")
            if not message.get("more_body") and len(body) <= bytes_max:
                return body if message["type"] == "http.request" else _gone()
            parts, size = [body], len(body)
            while size <= bytes_max and message.get("more_body"):
                message = await receive()
                if message["type"] != "http.request":
                    return _gone()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
    except TimeoutError:
        raise Refused(TOO_SLOW) from None
    if size > bytes_max:
        raise _too_large(bytes_max)
    return b"".join(parts)


def _gone() -> bytes:
    raise Refused(MALFORMED, "the caller went away")


def _too_large(bytes_max: int) -> Refused:
    # What still comes is not read: the connection ends.
    return Refused(BODY_TOO_LARGE, f"a body may have {bytes_max} bytes here", headers=((b"connection", b"close"),))
