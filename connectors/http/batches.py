"""Many acts at once: one JSON object a line, each with an id of the caller's own, and a result for each line.

    {"id": "fine-17", "act": "submit-request", "data": {...}}

`id` is the line's Idempotency-Key; `data` are the event's fields, with what a path would name among them. Lines that do
not hold are answered as such, and the others are kept: a batch is no transaction.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from connectors.http.acts import Rooms, authenticated, kept, must_be_kept, told
from connectors.http.answering import Answer, Call, Door
from connectors.http.auth import caller_of, must_have
from connectors.http.headers import NDJSON, check_media
from connectors.http.limits import LINES_PER_TURN, body_of
from connectors.http.problems import BODY_TOO_LARGE, CLAIM_INVALID, MALFORMED, WRONG_PARTY, Refused
from connectors.http.saying import at
from producers.access.parties import Caller
from producers.acts import Act, act_named
from producers.saying import Wish, is_key

#: Lines that are read before others get their turn: some milliseconds.
LINES_AT_ONCE = 50
#: Lines that share one transaction.
LINES_TOGETHER = 500
_NEWLINE = b"\n"


class BatchDoor(Door):
    """Takes up to 5,000 lines, and answers each."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__("batch", rooms.report)
        self._rooms = rooms

    async def answer(self, call: Call) -> Answer:
        """Keep what holds, in transactions of some hundred lines, and answer line by line."""
        rooms, limits = self._rooms, self._rooms.limits
        caller = authenticated(rooms, call)
        check_media(call.headers, NDJSON)
        declared = call.headers.get(b"content-length")
        body = await body_of(call.receive, declared, limits.batch_bytes, limits.body_seconds)
        lines = [line for line in body.split(_NEWLINE) if line.strip()]
        if len(lines) > limits.batch_lines:
            raise Refused(BODY_TOO_LARGE, f"a batch may have {limits.batch_lines} lines")
        if len(lines) >= LINES_PER_TURN:
            rooms.turns.take(caller.key_id, min(len(lines) // LINES_PER_TURN, limits.key_per_second))
        results: list[bytes] = []
        for part in _parts(lines):
            # A key that is revoked meanwhile opens the rest no more.
            caller = caller_of(call.headers, rooms.who)
            results += await self._results(caller, part)
        headers = [(b"content-type", NDJSON), (b"cache-control", b"no-store")]
        return Answer(200, headers, _NEWLINE.join([*results, b""]))

    async def _results(self, caller: Caller, lines: Sequence[bytes]) -> list[bytes]:
        told_of: list[dict[str, Any] | None] = []
        wishes: list[tuple[str, Act, Wish]] = []
        for number, line in enumerate(lines):
            if number % LINES_AT_ONCE == LINES_AT_ONCE - 1:
                await asyncio.sleep(0)
            try:
                wishes.append(self._wish(caller, line))
                told_of.append(None)
            except _LineRefused as wrong:
                told_of.append(_problem(wrong.line_id, wrong.problem))
        results = iter(await self._kept(wishes))
        return [orjson.dumps(next(results) if one is None else one) for one in told_of]

    def _wish(self, caller: Caller, line: bytes) -> tuple[str, Act, Wish]:
        line_id = None
        try:
            if len(line) > self._rooms.limits.body_bytes:
                raise Refused(BODY_TOO_LARGE, f"a line may have {self._rooms.limits.body_bytes} bytes")
            said = _line(line)
            line_id, name, data = said["id"], said["act"], said["data"]
            act = _act(caller, name)
            named = None if act.place is None else at(data, act.place)
            return line_id, act, self._rooms.speech.wish(caller, act, data, named, line_id)
        except Refused as problem:
            if problem.row is CLAIM_INVALID and problem.field is not None:
                problem.field = "/data" + problem.field
            raise _LineRefused(line_id, problem) from None

    async def _kept(self, wishes: Sequence[tuple[str, Act, Wish]]) -> list[dict[str, Any]]:
        if not wishes:
            return []
        try:
            written = await kept(self._rooms, [wish for *_, wish in wishes])
        except Refused as problem:
            return [_problem(line_id, problem) for line_id, *_ in wishes]
        results, delivery = [], self._rooms.delivery()
        for (line_id, act, wish), one in zip(wishes, written, strict=True):
            try:
                first = must_be_kept(one)
                again = {"replayed": True} if first.again else {}
                results.append({"id": line_id, "status": 201, **told(act, wish, first, None, delivery), **again})
            except Refused as problem:
                results.append(_problem(line_id, problem))
        return results


class _LineRefused(Exception):
    """One line that does not hold."""

    def __init__(self, line_id: str | None, problem: Refused) -> None:
        super().__init__(problem.row.name)
        self.line_id = line_id
        self.problem = problem


def _parts(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for first in range(0, len(lines), LINES_TOGETHER):
        yield lines[first : first + LINES_TOGETHER]


def _problem(line_id: str | None, problem: Refused) -> dict[str, Any]:
    return {"id": line_id, **problem.as_json()}


def _line(line: bytes) -> dict[str, Any]:
    """Return a line's members. Raises `Refused`."""
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise Refused(MALFORMED, "the line is not JSON in UTF-8") from None
    if not isinstance(said, dict) or set(said) - {"id", "act", "data"}:
        raise Refused(MALFORMED, "a line is one JSON object with id, act and data, and nothing else")
    line_id, name, data = said.get("id"), said.get("act"), said.get("data")
    if not isinstance(line_id, str) or not is_key(line_id):
        raise Refused(MALFORMED, "id must be your own id of the line: 1 to 200 visible ASCII characters")
    if not isinstance(name, str) or not isinstance(data, dict):
        raise Refused(MALFORMED, "act must be the name of an act, and data a JSON object")
    return said


def _act(caller: Caller, name: str) -> Act:
    """Return the caller's act of this name. Raises `Refused`."""
    speaker = caller.party.speaker
    act = None if speaker is None else act_named(speaker, name)
    if act is None:
        raise Refused(WRONG_PARTY, "no act of the key's party is called that; docs/acts.md lists those that there are")
    must_have(caller, act.scope)
    return act
