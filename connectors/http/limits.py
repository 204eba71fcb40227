"""What one caller may take: of bytes, of time, and of turns. Whoever takes more harms nobody else."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

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
#: Addresses and keys that are remembered at most; those that are over are forgotten when there are more.
REMEMBERED_MAX = 10_000


class Turns:
    """Counts calls per key and per stranger's address, in this process: the generic cell rate algorithm.

    Of each it remembers one moment: when all the turns that it took would be over at its rate. It may be ahead by a
    second's turns. `seconds` is a clock that never goes back.
    """

    def __init__(self, limits: HttpLimits, seconds: Callable[[], float] = time.monotonic) -> None:
        self._key_seconds = 1 / limits.key_per_second
        self._stranger_seconds = 1 / limits.stranger_per_second
        self._seconds = seconds
        self._over_at: dict[str, float] = {}

    def take(self, key_id: str, turns: int = 1) -> None:
        """Take turns of a key. Raises `Refused`."""
        self._take(key_id, turns * self._key_seconds)

    def take_as_stranger(self, address: str) -> None:
        """Take a turn of somebody without a valid key. Raises `Refused`."""
        self._take(f"stranger {address}", self._stranger_seconds)

    def _take(self, name: str, cost: float) -> None:
        now = self._seconds()
        over_at = max(now, self._over_at.get(name, now)) + cost
        # A second's turns at once, and a hair for what adding them up loses.
        if over_at - now > 1.0 + 1e-6:
            raise Refused(TOO_MANY)
        if len(self._over_at) >= REMEMBERED_MAX:
            self._over_at = {known: at for known, at in self._over_at.items() if at > now}
        self._over_at[name] = over_at


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
