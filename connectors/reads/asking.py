"""A question as a read gets it: who asks, what the path names, and what the query says, read by its declared kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from connectors.files.days import typed_day
from connectors.files.problem import Wrong
from consumers.delivery.feeds import SubjectReads
from consumers.jalali import STANDARD_TIME
from consumers.letters import LetterReads
from consumers.parked import ParkDecisions
from consumers.reconciliation.verdict import KeptVerdict
from consumers.registry.lookup import RegistryReads
from consumers.requests.domain.loads.loads import Load
from consumers.requests.inbox import InboxReads
from consumers.requests.listing import ListReads
from consumers.requests.recent import RecentReads
from consumers.settlement.books import LedgerReads
from consumers.settlement.statement import StatementReads
from producers.access.parties import Party, PartyKind
from schemas.base import CODE_PATTERN

#: A list has so many items when nobody says how many.
PAGE = 50
PAGE_MAX = 1_000
_CODE = re.compile(CODE_PATTERN, re.ASCII)
_TEXT = re.compile(r"[\x21-\x7e]{1,200}")


class NotThere(Exception):
    """There is no such thing for this party: none at all, or another's. Which of these is not told."""


class Unfit(Exception):
    """A parameter of the query that cannot be read: `name` says which, `problem` what it must be."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name
        self.problem = problem


class Kind(StrEnum):
    """What a parameter of a query holds."""

    CODE = "code"
    REQUEST = "request id"
    NUMBER = "whole number"
    DAY = "day"
    FLAG = "true or false"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query. `values` are those of a closed list; a number is from 1 to `number_max`."""

    name: str
    kind: Kind
    about: str
    values: tuple[str, ...] = ()
    number_max: int = PAGE_MAX
    required: bool = False

    def read(self, text: str) -> Any:
        """Return the value in `text`. Raises `Unfit`."""
        match self.kind:
            case Kind.CODE:
                return self._fits(
                    text, _CODE.fullmatch(text), "must be a code: lower case letters, digits, '.', '_', '-'"
                )
            case Kind.TEXT:
                return self._fits(text, _TEXT.fullmatch(text), "must be 1 to 200 visible ASCII characters")
            case Kind.FLAG:
                return self._fits(text == "true", text in ("true", "false"), "must be true or false")
            case Kind.NUMBER:
                fits = text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= self.number_max
                return self._fits(int(text) if fits else 0, fits, f"must be a whole number from 1 to {self.number_max}")
            case Kind.REQUEST:
                return self._request(text)
            case Kind.DAY:
                day = typed_day(text)
                if isinstance(day, Wrong):
                    raise Unfit(self.name, "must be a day such as 2026-11-25 or 1405-09-04")
                return datetime.combine(day, time(), STANDARD_TIME).astimezone(UTC)

    def _fits(self, value: Any, fits: object, problem: str) -> Any:
        if not fits:
            raise Unfit(self.name, problem)
        if self.values and value not in self.values:
            raise Unfit(self.name, f"must be one of {', '.join(self.values)}")
        return value

    def _request(self, text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            raise Unfit(self.name, "must be a request id") from None


class Reads(Protocol):
    """The ports of the use cases in one transaction that writes nothing."""

    @property
    def inbox(self) -> InboxReads:
        """Requests and waiting claims."""

    @property
    def listing(self) -> ListReads:
        """Opened requests, as somebody looks for them."""

    @property
    def registry(self) -> RegistryReads:
        """Accepted versions."""

    @property
    def loads(self) -> Mapping[str, Load]:
        """What every office carries and has earned, by code."""

    @property
    def park(self) -> ParkDecisions:
        """What waits."""

    @property
    def letters(self) -> LetterReads:
        """Dead letters."""

    @property
    def ledger(self) -> LedgerReads:
        """The ledger's balances."""

    @property
    def statement(self) -> StatementReads:
        """The ledger as a statement needs it."""

    @property
    def recent(self) -> RecentReads:
        """Events of requests that are still kept beside the log."""

    @property
    def feeds(self) -> SubjectReads:
        """What parties were told of one request."""

    @property
    def verdict(self) -> KeptVerdict | None:
        """What the last reconciliation said."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, when (business time), what the path names, and the query's values by name; absent ones are none."""

    party: Party
    now: datetime
    named: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)

    @property
    def agency(self) -> str | None:
        """The agency whose things alone are shown; none when all are."""
        return self.party.code if self.party.kind is PartyKind.AGENCY else None

    @property
    def office(self) -> str | None:
        """The office whose things alone are shown; none when all are."""
        return self.party.code if self.party.kind is PartyKind.OFFICE else None

    @property
    def limit(self) -> int:
        """How many items a page has."""
        return int(self.query.get("limit") or PAGE)

    @property
    def request_id(self) -> UUID:
        """The request that the path names. Raises `NotThere`."""
        try:
            return UUID(self.named["request_id"])
        except ValueError:
            raise NotThere from None


def query_of(parameters: Sequence[Parameter], given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the values of a query by name. Raises `Unfit`, also for a name that is unknown or stands twice."""
    known = {one.name: one for one in parameters}
    found: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            raise Unfit(name if _CODE.fullmatch(name) else "query", "is no parameter of this path")
        if name in found:
            raise Unfit(name, "stands there twice; send it once")
        found[name] = known[name].read(text)
    for one in parameters:
        if one.required and one.name not in found:
            raise Unfit(one.name, "is missing")
    return found
