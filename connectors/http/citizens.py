"""What concerns one person: whose key this is, where a request is for whoever has its code, and a citizen's fields."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson

from connectors.http.acts import Rooms, authenticated
from connectors.http.answering import JSON, Answer, Call, Door
from connectors.http.problems import NOT_FOUND, SCOPE_MISSING, TOO_MANY, UNAVAILABLE, WRONG_PARTY, Refused
from connectors.words.vault import REFUSALS
from consumers.requests.track import Tracked
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.access.parties import GRANTABLE, Caller, Scope
from producers.vault.ports import Fields
from producers.vault.reveal import RevealRefusal

#: Returns where the request with a code is, or none. May raise `DatabaseUnavailable` and `Contention`.
Track = Callable[[str], Awaitable[Tracked | None]]
#: Returns a citizen's fields, or why they are not shown; on record either way. May raise as above.
Reveal = Callable[[Caller, UUID], Awaitable[Fields | RevealRefusal]]

_HEADERS = ((b"content-type", JSON), (b"cache-control", b"no-store"))
_REFUSED = {RevealRefusal.TOO_MANY: TOO_MANY, RevealRefusal.VAULT_AWAY: UNAVAILABLE}


class MeDoor(Door):
    """Whose key this is and what it may do: the first call of everybody who integrates."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__("show-key", rooms.report)
        self._rooms = rooms

    async def answer(self, call: Call) -> Answer:
        """Return what the key is."""
        caller = authenticated(self._rooms, call)
        return _json(
            {
                "party": caller.party.kind.value,
                "code": caller.party.code,
                "key": caller.key_id,
                "name": caller.key_name,
                "scopes": sorted(caller.scopes),
                "operator": caller.operator,
            }
        )


class TrackDoor(Door):
    """Where a request is, for a citizen, who has no key: whoever guesses codes is held up by the limit of strangers."""

    def __init__(self, rooms: Rooms, track: Track) -> None:
        super().__init__("track-request", rooms.report)
        self._rooms = rooms
        self._track = track

    async def answer(self, call: Call) -> Answer:
        """Return where it is, who acts next and until when; nothing personal."""
        self._rooms.turns.take_as_stranger(call.address)
        try:
            found = await self._track(call.scope["path_params"]["code"])
        except (DatabaseUnavailable, Contention):
            raise Refused(UNAVAILABLE) from None
        if found is None:
            raise Refused(NOT_FOUND)
        return _json(
            {
                "state": found.stage.value,
                "service": found.service,
                "office": found.office,
                "next": found.next.value,
                "until": found.until,
                "document_wanted": found.document_wanted,
            }
        )


class RevealDoor(Door):
    """A citizen's personal fields of one request, for the office that accepted it and the agency that owns it."""

    def __init__(self, rooms: Rooms, reveal: Reveal) -> None:
        super().__init__("reveal-request", rooms.report)
        self._rooms = rooms
        self._reveal = reveal

    async def answer(self, call: Call) -> Answer:
        """Return the fields. Raises `Refused`."""
        caller = authenticated(self._rooms, call)
        if Scope.REVEAL not in GRANTABLE[caller.party.kind]:
            raise Refused(WRONG_PARTY)
        if not caller.may(Scope.REVEAL):
            raise Refused(SCOPE_MISSING, f"the key was not given the scope {Scope.REVEAL.value}")
        try:
            request_id = UUID(call.scope["path_params"]["request_id"])
        except ValueError:
            raise Refused(NOT_FOUND) from None
        try:
            shown = await self._reveal(caller, request_id)
        except (DatabaseUnavailable, Contention):
            raise Refused(UNAVAILABLE) from None
        if isinstance(shown, RevealRefusal):
            raise Refused(_REFUSED.get(shown, NOT_FOUND), REFUSALS[shown].en)
        return _json({"request_id": str(request_id), "personal": shown})


def citizen_doors(rooms: Rooms, track: Track, reveal: Reveal) -> list[tuple[str, str, Door]]:
    """Return method, path and door of each."""
    return [
        ("GET", "/v1/me", MeDoor(rooms)),
        ("GET", "/v1/track/{code}", TrackDoor(rooms, track)),
        ("GET", "/v1/requests/{request_id}/personal", RevealDoor(rooms, reveal)),
    ]


def _json(value: object) -> Answer:
    return Answer(200, [*_HEADERS], orjson.dumps(value))
