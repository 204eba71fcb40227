"""What concerns one person: whose key this is, where a request is for whoever has its code, and a citizen's fields."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import orjson

from connectors.http.acts import Rooms, authenticated
from connectors.http.answering import JSON, Answer, Call, Door
from connectors.http.auth import must_have
from connectors.http.headers import check_media
from connectors.http.limits import body_of
from connectors.http.problems import (
    CLAIM_INVALID,
    KEY_REUSED,
    NOT_FOUND,
    TOO_MANY,
    UNAVAILABLE,
    WRONG_PARTY,
    Refused,
)
from connectors.http.saying import object_of
from connectors.words.vault import KINDS, NUMBERS, REFUSALS
from consumers.requests.track import Tracked
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.access.parties import GRANTABLE, Caller, Scope
from producers.vault.numbers import NumberKind, NumberProblem, PersonNumber, number_of
from producers.vault.ports import Fields, Sealed, SealedOtherwise, VaultUnavailable
from producers.vault.reveal import RevealRefusal

#: Returns where the request with a code is, or none. May raise `DatabaseUnavailable` and `Contention`.
Track = Callable[[str], Awaitable[Tracked | None]]
#: Returns a citizen's fields, or why they are not shown; on record either way. May raise as above.
Reveal = Callable[[Caller, UUID], Awaitable[Fields | RevealRefusal]]

#: Keeps a person and its fields for a request of a source. Raises `SealedOtherwise` and `VaultUnavailable`.
Seal = Callable[[UUID, str, PersonNumber, Fields], Awaitable[Sealed]]
#: What is sealed travels in a blob of 20,000 bytes at most.
PERSONAL_BYTES_MAX = 16_000
FIELDS_MAX = 100
NUMBER_SIGNS_MAX = 40

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
        must_have(caller, Scope.REVEAL)
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


class SealDoor(Door):
    """A person's number and personal fields become a reference and a blob, which travel in the request instead.

    Whoever submits, over HTTP or Kafka, seals first: the same request again gives the same reference and blob.
    """

    def __init__(self, rooms: Rooms, seal: Seal) -> None:
        super().__init__("seal-request", rooms.report)
        self._rooms = rooms
        self._seal = seal

    async def answer(self, call: Call) -> Answer:
        """Return reference and blob, as `RequestSubmitted` has them. Raises `Refused`."""
        rooms = self._rooms
        caller = authenticated(rooms, call)
        source = caller.party.source
        if source is None or Scope.SUBMIT not in GRANTABLE[caller.party.kind]:
            raise Refused(WRONG_PARTY)
        must_have(caller, Scope.SUBMIT)
        try:
            request_id = UUID(call.scope["path_params"]["request_id"])
        except ValueError:
            raise Refused(NOT_FOUND) from None
        check_media(call.headers, JSON)
        length = call.headers.get(b"content-length")
        given = object_of(await body_of(call.receive, length, PERSONAL_BYTES_MAX, rooms.limits.body_seconds))
        number, fields = _person(given), _fields(given)
        try:
            sealed = await self._seal(request_id, source, number, fields)
        except SealedOtherwise:
            raise Refused(KEY_REUSED, "the request is sealed for another person or with other fields") from None
        except VaultUnavailable:
            raise Refused(UNAVAILABLE, "the vault does not answer") from None
        blob = None if sealed.blob is None else urlsafe_b64encode(sealed.blob).decode()
        return _json({"request_id": str(request_id), "citizen_ref": str(sealed.citizen_ref), "personal": blob})


def _person(given: Mapping[str, object]) -> PersonNumber:
    kinds = {kind.value: kind for kind in NumberKind}
    kind, text = kinds.get(str(given.get("kind", NumberKind.NATIONAL.value))), given.get("number")
    if kind is None:
        raise Refused(CLAIM_INVALID, f"takes one of {', '.join(kinds)}", field="/kind")
    if not isinstance(text, str) or len(text) > NUMBER_SIGNS_MAX:
        raise Refused(CLAIM_INVALID, "takes a number as text", field="/number")
    number = number_of(kind, text)
    if isinstance(number, NumberProblem):
        raise Refused(CLAIM_INVALID, NUMBERS[number].filled(kind=KINDS[kind]).en, field="/number")
    return number


def _fields(given: Mapping[str, object]) -> Fields:
    fields = given.get("fields", {})
    if not isinstance(fields, dict) or len(fields) > FIELDS_MAX:
        raise Refused(CLAIM_INVALID, f"takes an object of up to {FIELDS_MAX} fields", field="/fields")
    return fields


def citizen_doors(rooms: Rooms, track: Track, reveal: Reveal, seal: Seal) -> list[tuple[str, str, Door]]:
    """Return method, path and door of each."""
    return [
        ("GET", "/v1/me", MeDoor(rooms)),
        ("GET", "/v1/track/{code}", TrackDoor(rooms, track)),
        ("GET", "/v1/requests/{request_id}/personal", RevealDoor(rooms, reveal)),
        ("PUT", "/v1/requests/{request_id}/personal", SealDoor(rooms, seal)),
    ]


def _json(value: object) -> Answer:
    return Answer(200, [*_HEADERS], orjson.dumps(value))
