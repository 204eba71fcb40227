"""What a kind of strange record is, and how good ones are made that kinds then spoil."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from deploy.faults.province import PLACE
from schemas.topics import INTAKE_AGENCY
from tests.faults.strange.province import ERRAND, HOSTILE_AGENCY

if TYPE_CHECKING:
    from tests.faults.strange.client import Client

TOPIC = INTAKE_AGENCY.for_agency(HOSTILE_AGENCY)
SOURCE = f"/agencies/{HOSTILE_AGENCY}"
Header = tuple[str, bytes | None]


class Fate(StrEnum):
    """What may become of a record."""

    APPLIED = "applied"
    #: The reason is a member of one of the closed enums of refusals.
    REFUSED = "refused"
    #: The reason is a `DeadLetterReason`, and the field is named.
    DEAD = "dead-lettered"
    #: It was said before, and counts once.
    REPEATED = "repeated"
    #: It waits for another party's word; the reason says for what.
    WAITS = "waits"
    #: The broker does not take it.
    NOT_TAKEN = "not taken"
    #: It is in the log, and no reader is given it.
    UNSEEN = "unseen"
    #: Its partition stands still, and an operator passes it.
    HALTED = "halted"


class End(NamedTuple):
    """What becomes of one record."""

    fate: Fate
    reason: str = ""
    field: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        return " ".join(filter(None, (self.fate, self.reason, self.field)))


APPLIED, REPEATED, NOT_TAKEN, UNSEEN = (
    End(fate) for fate in (Fate.APPLIED, Fate.REPEATED, Fate.NOT_TAKEN, Fate.UNSEEN)
)


def refused(reason: str) -> End:
    """Return the end of what is refused."""
    return End(Fate.REFUSED, reason)


def dead(reason: str, field: str) -> End:
    """Return the end of what goes to the dead letters."""
    return End(Fate.DEAD, reason, field)


def waits(reason: str) -> End:
    """Return the end of what waits when all is quiet."""
    return End(Fate.WAITS, reason)


@dataclass(frozen=True, slots=True)
class Strange:
    """One record as it is to be written; `moment_ms` is the time that its client puts on it."""

    headers: tuple[Header, ...]
    value: bytes | None
    key: bytes | None
    topic: str = TOPIC
    moment_ms: int = 0

    @property
    def identity(self) -> tuple[str, str]:
        """Return source and id as far as they can be read."""
        told = {name: (value or b"").decode("utf-8", "replace") for name, value in reversed(self.headers)}
        return told.get("ce_source", ""), told.get("ce_id", "")

    def with_headers(self, **headers: bytes | None) -> "Strange":
        """Return it with some headers said otherwise; `_` after `ce` and `-` elsewhere."""
        replaced = {name.replace("content_", "content-"): value for name, value in headers.items()}
        return replace(self, headers=tuple({**dict(self.headers), **replaced}.items()))

    def without(self, header: str) -> "Strange":
        """Return it without one header."""
        return replace(self, headers=tuple(one for one in self.headers if one[0] != header))

    def and_headers(self, *more: Header) -> "Strange":
        """Return it with headers behind its own, whatever their names."""
        return replace(self, headers=(*self.headers, *more))

    def saying(self, value: bytes | None) -> "Strange":
        """Return it with another body."""
        return replace(self, value=value)

    def body(self) -> str:
        """Return its body as text."""
        return (self.value or b"").decode()


class Maker:
    """Makes good records of the hostile agency; the same seed makes the same ones."""

    def __init__(self, chance: Random, now: datetime) -> None:
        self.chance = chance
        self.now = now

    def uuid(self) -> str:
        """Return a new id."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def text(self, length: int) -> str:
        """Return a text of letters that nothing packs well."""
        return "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))

    def submit(self, **fields: object) -> Strange:
        """Return a submission that is good but for `fields`."""
        request = fields.pop("request_id", None) or self.uuid()
        told = {"request_id": request, "service": ERRAND, "origin": "agency", "city": PLACE, **fields}
        return self.claim("RequestSubmitted", str(request), told)

    def submits(self, count: int) -> list[Strange]:
        """Return good submissions."""
        return [self.submit() for _ in range(count)]

    def cancel(self, request: str, reason: str = "not wanted any more") -> Strange:
        """Return the cancelling of a request."""
        return self.claim("RequestCancelled", request, {"request_id": request, "reason": reason})

    def claim(self, name: str, subject: str, body: object) -> Strange:
        """Return a claim of type `name` about `subject`."""
        moment = self.now.astimezone(UTC).isoformat().encode()
        headers: tuple[Header, ...] = (
            ("ce_specversion", b"1.0"),
            ("ce_id", self.uuid().encode()),
            ("ce_source", SOURCE.encode()),
            ("ce_type", f"ir.pishkhan.{name}.v1".encode()),
            ("ce_subject", subject.encode()),
            ("ce_time", moment),
            ("content-type", b"application/json"),
        )
        return Strange(headers, json.dumps(body, ensure_ascii=False).encode(), subject.encode())


#: Writes records to one partition; returns the position of each, or none for one that the broker did not take.
Write = Callable[["Client", Sequence[Strange], int], list[int | None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: `ends` are those of its records in their order, and the last one that of all others."""

    name: str
    make: Callable[[Maker], Sequence[Strange]]
    ends: tuple[End, ...]
    write: Write

    def end_of(self, number: int) -> End:
        """Return the declared end of the record of that number, from 0."""
        return self.ends[min(number, len(self.ends) - 1)]

    @property
    def halts(self) -> bool:
        """Whether its partition stands still at it."""
        return self.ends[0].fate is Fate.HALTED
