"""What a caller looks up of what it said: the outcome of one claim."""

from collections.abc import Awaitable, Callable, Sequence

import orjson

from connectors.http.acts import Rooms, authenticated
from connectors.http.answering import JSON, Answer, Call, Door
from connectors.http.problems import NOT_FOUND, UNAVAILABLE, Refused
from producers.outcomes import AnswersUnavailable, Outcome, SaidClaim, summary
from schemas.envelope import ID_LENGTH_MAX

#: Returns the claims that were said under an id, and what became of each. May raise `AnswersUnavailable`.
Ask = Callable[[str], Awaitable[Sequence[tuple[SaidClaim, Outcome | None]]]]


class EventDoor(Door):
    """What became of one claim of the caller's, by its event id."""

    def __init__(self, rooms: Rooms, ask: Ask) -> None:
        super().__init__("read-event", rooms.report)
        self._rooms = rooms
        self._ask = ask

    async def answer(self, call: Call) -> Answer:
        """Return the outcome; of another party's claim, not even that it is there."""
        caller = authenticated(self._rooms, call)
        event_id: str = call.scope["path_params"]["event_id"]
        if len(event_id) > ID_LENGTH_MAX or not event_id.isprintable():
            raise Refused(NOT_FOUND)
        try:
            found = await self._ask(event_id)
        except AnswersUnavailable:
            raise Refused(UNAVAILABLE) from None
        for claim, outcome in found:
            if claim.source == caller.party.source:
                told = summary(claim, outcome) | {"event_id": claim.event_id, "state": "accepted"}
                told.pop("id")
                headers = [(b"content-type", JSON), (b"cache-control", b"no-store")]
                return Answer(200, headers, orjson.dumps(told))
        raise Refused(NOT_FOUND)
