"""What every door does alike: it answers, or says which problem it was, and reports how long that took."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog
from starlette.types import Receive, Scope, Send

from connectors.http.problems import FAULT, Refused

Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"


class Report(Protocol):
    """What the doors report about themselves. No call blocks or raises."""

    def answered(self, door: str, status: int, seconds: float) -> None:
        """A request to `door` was answered, in so many real seconds without those that the caller asked to wait."""

    def kept(self, wishes: int) -> None:
        """So many claims were kept."""


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes


@dataclass(slots=True)
class Call:
    """One request as a door sees it. `waited` are the seconds that the caller asked to wait, as far as it did."""

    scope: Scope
    receive: Receive
    headers: Mapping[bytes, bytes]
    send: Send
    waited: float = 0.0

    @property
    def address(self) -> str:
        """Where it comes from; the empty text when that is not known."""
        client = self.scope.get("client")
        return client[0] if client else ""


class Door(ABC):
    """One route, as an ASGI application."""

    def __init__(self, name: str, report: Report) -> None:
        self.name = name
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        call = Call(scope, receive, headers, send)
        try:
            answer = await self.answer(call)
        except Refused as problem:
            answer = told(problem)
        except Exception as fault:
            # Neither path nor body: both may hold what is nobody's business.
            structlog.get_logger("gateway").error("a door failed", door=self.name, exc_info=fault)
            answer = told(Refused(FAULT))
        if answer is not None:
            await send_answer(send, answer)
        seconds = time.perf_counter() - began - call.waited
        self._report.answered(self.name, 200 if answer is None else answer.status, seconds)

    @abstractmethod
    async def answer(self, call: Call) -> Answer | None:
        """Return the answer, or none when it was sent in parts. Raises `Refused`."""


def told(problem: Refused) -> Answer:
    """Return a problem as an answer."""
    return Answer(problem.row.status.value, problem.all_headers(), problem.body())


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    answer.headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
