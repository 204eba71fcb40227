"""From a caller's words to a wish: what an act says, checked once, with the ids that are made at the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from connectors.http.problems import CLAIM_INVALID, MALFORMED, NOT_FOUND, WRONG_PARTY, Refused, pointer
from producers.access.parties import Caller
from producers.acts import About, Act
from producers.claims import ClaimInvalid, message_of_body
from producers.saying import Named, Wish, fingerprint
from schemas.speakers import SpeakerKind

#: What must be the caller's own, by who calls; of all else the registry or the request's life decides.
_OWN = {
    SpeakerKind.AGENCY: frozenset({About.REQUEST, About.SERVICE, About.AGREEMENT}),
    SpeakerKind.OFFICE: frozenset({About.REQUEST}),
    SpeakerKind.DIRECTORATE: frozenset({About.REQUEST}),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """What saying needs: the business time, new ids, and the key of the fingerprints."""

    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    secret: bytes

    def wish(self, caller: Caller, act: Act, given: dict[str, Any], named: str | None, key: str | None) -> Wish:
        """Return what `caller` wants kept. `given` are the fields as sent, `named` what the path names, decoded.

        Raises `Refused`.
        """
        source = caller.party.source
        if source is None or caller.party.speaker is not act.speaker:
            raise Refused(WRONG_PARTY)
        owned = _named(act, named)
        try:
            fields = act.said(given, caller.party.code, named if owned is None else owned.code)
            _fill_operator(act, fields, caller)
            for name in act.made:
                fields.setdefault(name, str(self.new_id()))
            message = message_of_body(source, act.event, orjson.dumps(fields), str(self.new_id()), self.now())
        except ClaimInvalid as wrong:
            raise Refused(CLAIM_INVALID, wrong.problem, field=pointer(wrong.field)) from None
        if key is None:
            return Wish(message, owned)
        return Wish(message, owned, key, fingerprint(self.secret, act.name, named, given))


def _named(act: Act, named: str | None) -> Named | None:
    """Return what must be the caller's own, in the one spelling that is kept; none when nothing must."""
    about = act.about
    if about is None or named is None or about not in _OWN[act.speaker]:
        return None
    if about is not About.REQUEST:
        return Named(about, named)
    try:
        return Named(about, str(UUID(named)))
    except ValueError:
        raise Refused(NOT_FOUND) from None


def _fill_operator(act: Act, fields: dict[str, Any], caller: Caller) -> None:
    """Let a key that is one person's say who does it, and nobody else's name."""
    if caller.operator is None or "operator" not in act.event.model_fields:
        return
    if fields.setdefault("operator", caller.operator) != caller.operator:
        raise ClaimInvalid("operator", "says otherwise than the operator whose key it is; leave it out")


def object_of(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`; nothing at all is an empty one. Raises `Refused`."""
    if not body:
        return {}
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(MALFORMED, "the body is not JSON in UTF-8") from None
    if not isinstance(given, dict):
        raise Refused(MALFORMED, "the body must be one JSON object")
    return given


def at(fields: Mapping[str, Any], place: str) -> str | None:
    """Return what stands at a dotted place of `fields`, as a path would name it; none when nothing that fits does."""
    value: Any = fields
    for part in place.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return str(value) if isinstance(value, str) or type(value) is int else None
