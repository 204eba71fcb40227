"""One door for each read of the table: who may look, what was asked, and what is there for the caller."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from connectors.http.acts import Rooms, authenticated
from connectors.http.answering import JSON, Answer, Call, Door
from connectors.http.auth import must_have
from connectors.http.problems import MALFORMED, NOT_FOUND, UNAVAILABLE, WRONG_PARTY, Refused
from connectors.reads.asking import NotThere, Question, Unfit, query_of
from connectors.reads.table import Read
from consumers.runner.errors import Contention, DatabaseUnavailable

#: Shows what is asked for. May raise `NotThere`, `DatabaseUnavailable` and `Contention`.
Show = Callable[[Read, Question], Awaitable[dict[str, Any]]]
#: A query has so many parameters at most; more is no honest one.
PARAMETERS_MAX = 20


class ReadDoor(Door):
    """One read."""

    def __init__(self, rooms: Rooms, read: Read, show: Show, now: Callable[[], datetime]) -> None:
        super().__init__(read.name, rooms.report)
        self._rooms = rooms
        self._read = read
        self._show = show
        self._now = now

    async def answer(self, call: Call) -> Answer:
        """Return what is there for the caller. Raises `Refused`."""
        read = self._read
        caller = authenticated(self._rooms, call)
        if caller.party.kind not in read.parties:
            raise Refused(WRONG_PARTY)
        must_have(caller, read.scope)
        try:
            query = query_of(read.query, given(call.scope["query_string"]))
            asked = Question(caller.party, self._now(), call.scope["path_params"], query)
            told = await self._show(read, asked)
        except Unfit as unfit:
            raise Refused(MALFORMED, f"{unfit.name}: {unfit.problem}") from None
        except NotThere:
            raise Refused(NOT_FOUND) from None
        except (DatabaseUnavailable, Contention):
            raise Refused(UNAVAILABLE) from None
        return Answer(200, [(b"content-type", JSON), (b"cache-control", b"no-store")], orjson.dumps(told))


def given(query_string: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query as they stand. Raises `Refused`."""
    if not query_string:
        return []
    try:
        return parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError:
        raise Refused(MALFORMED, "the query is not NAME=VALUE&… in UTF-8, percent-encoded") from None


def read_doors(
    rooms: Rooms, reads: Sequence[Read], show: Show, now: Callable[[], datetime]
) -> list[tuple[str, str, Door]]:
    """Return method, path and door of every read."""
    return [("GET", read.path, ReadDoor(rooms, read, show, now)) for read in reads]
