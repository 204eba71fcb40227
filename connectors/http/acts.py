"""One door for each act of the table: the route, the checks, and the answer once the claim is durable."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.http.answering import JSON, Answer, Call, Door, Report
from connectors.http.auth import Who, caller_of, must_have
from connectors.http.headers import check_media, idempotency_key, wait_seconds
from connectors.http.limits import HttpLimits, Turns, body_of
from connectors.http.problems import (
    BUSY,
    FAULT,
    IN_PROGRESS,
    KEY_REUSED,
    NOT_FOUND,
    UNAVAILABLE,
    WRONG_PARTY,
    Refused,
)
from connectors.http.saying import Speech, object_of
from connectors.http.waiting import Hub
from connectors.http.writes import Answer as Written
from connectors.http.writes import Busy, Failed, GroupCommit, InProgress
from producers.access.parties import Caller
from producers.acts import Act
from producers.delivery import Delivery
from producers.outcomes import AnswersUnavailable, Outcome, SaidClaim, summary
from producers.saying import IntakeUnavailable, Kept, KeyReused, NotTheirs, Wish
from schemas.speakers import SpeakerKind

EVENTS_PATH = "/v1/events/"


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the doors stand on. `delivery` says why what is kept does not leave the outbox; none when it does."""

    who: Who
    speech: Speech
    writes: GroupCommit
    hub: Hub
    limits: HttpLimits
    turns: Turns
    report: Report
    delivery: Callable[[], Delivery | None]


def authenticated(rooms: Rooms, call: Call) -> Caller:
    """Return who calls, and take one of its turns. Raises `Refused`."""
    try:
        caller = caller_of(call.headers, rooms.who)
    except Refused:
        rooms.turns.take_as_stranger(call.address)
        raise
    rooms.turns.take(caller.key_id)
    return caller


class ActDoor(Door):
    """A path and a method, and the act of each kind of speaker there."""

    def __init__(self, rooms: Rooms, acts: Sequence[Act]) -> None:
        super().__init__(acts[0].name, rooms.report)
        self._rooms = rooms
        self._acts: Mapping[SpeakerKind, Act] = {act.speaker: act for act in acts}
        self._about = None if acts[0].about is None else acts[0].about.value

    async def answer(self, call: Call) -> Answer:
        """Keep what is said, and answer."""
        rooms, headers = self._rooms, call.headers
        caller = authenticated(rooms, call)
        act = self._acts.get(caller.party.speaker) if caller.party.speaker is not None else None
        if act is None:
            raise Refused(WRONG_PARTY)
        must_have(caller, act.scope)
        declared = headers.get(b"content-length")
        if b"content-type" in headers or declared not in (None, b"0") or b"content-encoding" in headers:
            check_media(headers, JSON)
        key, wait = idempotency_key(headers), wait_seconds(headers)
        body = await body_of(call.receive, declared, rooms.limits.body_bytes, rooms.limits.body_seconds)
        named = None if self._about is None else call.scope["path_params"][self._about]
        wish = rooms.speech.wish(caller, act, object_of(body), named, key)
        (written,) = await kept(rooms, (wish,))
        first = must_be_kept(written)
        began = time.perf_counter()
        outcome = await _outcome(rooms, wish, first, wait)
        call.waited = time.perf_counter() - began
        return _answer(act, wish, first, outcome, wait, rooms.delivery())


async def kept(rooms: Rooms, wishes: Sequence[Wish]) -> Sequence[Written]:
    """Keep wishes. Raises `Refused` when none can be."""
    try:
        written = await rooms.writes.keep(wishes)
    except Busy:
        raise Refused(BUSY) from None
    except IntakeUnavailable:
        raise Refused(UNAVAILABLE) from None
    rooms.report.kept(sum(isinstance(one, Kept) and not one.again for one in written))
    return written


def must_be_kept(written: Written) -> Kept:
    """Return what was kept. Raises `Refused` when it was not."""
    match written:
        case Kept():
            return written
        case KeyReused():
            raise Refused(KEY_REUSED)
        case NotTheirs():
            raise Refused(NOT_FOUND)
        case InProgress():
            raise Refused(IN_PROGRESS)
        case Failed():
            raise Refused(FAULT)


async def _outcome(rooms: Rooms, wish: Wish, first: Kept, wait: int | None) -> Outcome | None:
    """Return what became of the claim, if the caller waits for it or has said it before."""
    if wait is None and not first.again:
        return None
    claim = said_of(wish, first)
    try:
        if wait:
            return await rooms.hub.outcome(claim, wait)
        return (await rooms.hub.outcomes((claim,))).get(claim)
    except AnswersUnavailable:
        return None


def said_of(wish: Wish, first: Kept) -> SaidClaim:
    """Return the claim that a wish became."""
    return SaidClaim(wish.message.envelope.source, first.event_id, wish.message.envelope.type, first.subject)


def told(act: Act, wish: Wish, first: Kept, outcome: Outcome | None, waits: Delivery | None) -> dict[str, Any]:
    """Return what is told of a claim that is kept."""
    said: dict[str, Any] = {"event_id": first.event_id, "state": "accepted"}
    if "request_id" in act.event.model_fields:
        said["request_id"] = first.subject
    if "fine_id" in act.made:
        said["fine_id"] = first.subject
    if outcome is not None:
        became = summary(said_of(wish, first), outcome)
        said |= {name: became[name] for name in became if name not in ("source", "id", "type", "subject")}
    if waits is not None:
        since = None if waits.since is None else waits.since.isoformat()
        said["delivery"] = {"state": "kept", "cause": waits.delay.value, "since": since}
    return said


def _answer(
    act: Act, wish: Wish, first: Kept, outcome: Outcome | None, wait: int | None, waits: Delivery | None
) -> Answer:
    headers = [
        (b"content-type", JSON),
        (b"cache-control", b"no-store"),
        (b"location", EVENTS_PATH.encode() + first.event_id.encode()),
    ]
    if wait is not None:
        headers.append((b"preference-applied", b"wait=%d" % wait))
    if first.again:
        headers.append((b"idempotent-replayed", b"true"))
    return Answer(201, headers, orjson.dumps(told(act, wish, first, outcome, waits)))


def act_doors(rooms: Rooms, acts: Sequence[Act]) -> list[tuple[str, str, Door]]:
    """Return method, path and door of every act; those that share a path share a door."""
    together: defaultdict[tuple[str, str], list[Act]] = defaultdict(list)
    for act in acts:
        together[act.method, act.path].append(act)
    return [(method, path, ActDoor(rooms, group)) for (method, path), group in together.items()]
