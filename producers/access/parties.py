"""Parties and scopes: who a key belongs to, and what it may be used for. Values only.

The doors (an HTTP route, a page) ask the `Keyring` who calls, and get a `Caller`; a caller speaks for its own party
and for no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from schemas.speakers import DIRECTORATE, SpeakerKind, agency_source, office_source


class PartyKind(StrEnum):
    """Who may hold keys. The first three speak on intake; the others only look."""

    AGENCY = "agency"
    OFFICE = "office"
    DIRECTORATE = "directorate"
    WORKING_GROUP = "working_group"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a key may be used for."""

    # An agency's services, and what it decides on its agreements.
    PUBLISH = "publish"
    # Requests: submit, cancel, answer.
    SUBMIT = "submit"
    # An office's steps at the desk.
    DESK = "desk"
    # The directorate's acts on offices, agreements, policy, calendars, territory.
    GOVERN = "govern"
    # The directorate's acts on money: payments, refunds, corrections, fines, disputes, windows.
    MONEY = "money"
    # Everything that the party may look at, but its feed.
    READ = "read"
    # The party's feed.
    FEED = "feed"
    # A citizen's personal fields, of requests in hand.
    REVEAL = "reveal"
    # Where the feed is sent to.
    WEBHOOKS = "webhooks"
    # The party's own keys.
    KEYS = "keys"


#: What keys of each kind of party may hold: nobody holds what its party cannot do.
GRANTABLE: Mapping[PartyKind, frozenset[Scope]] = {
    PartyKind.AGENCY: frozenset(
        {Scope.PUBLISH, Scope.SUBMIT, Scope.READ, Scope.FEED, Scope.REVEAL, Scope.WEBHOOKS, Scope.KEYS}
    ),
    # An office submits for the citizen at its desk.
    PartyKind.OFFICE: frozenset(
        {Scope.SUBMIT, Scope.DESK, Scope.READ, Scope.FEED, Scope.REVEAL, Scope.WEBHOOKS, Scope.KEYS}
    ),
    # It runs the province, and no request: it never sees a citizen's fields.
    PartyKind.DIRECTORATE: frozenset({Scope.GOVERN, Scope.MONEY, Scope.READ, Scope.FEED, Scope.WEBHOOKS, Scope.KEYS}),
    PartyKind.WORKING_GROUP: frozenset({Scope.READ}),
    PartyKind.AUDITOR: frozenset({Scope.READ}),
}

_SPEAKERS = {
    PartyKind.AGENCY: SpeakerKind.AGENCY,
    PartyKind.OFFICE: SpeakerKind.OFFICE,
    PartyKind.DIRECTORATE: SpeakerKind.DIRECTORATE,
}


@dataclass(frozen=True, slots=True)
class Party:
    """One holder of keys. Of the kinds that exist once, the code is the kind's own name."""

    kind: PartyKind
    code: str

    @property
    def speaker(self) -> SpeakerKind | None:
        """Who it is on intake; none for a party that says nothing there."""
        return _SPEAKERS.get(self.kind)

    @property
    def source(self) -> str | None:
        """The `ce_source` of everything it says; none for a party that says nothing."""
        match self.kind:
            case PartyKind.AGENCY:
                return agency_source(self.code)
            case PartyKind.OFFICE:
                return office_source(self.code)
            case PartyKind.DIRECTORATE:
                return DIRECTORATE
        return None

    def __str__(self) -> str:
        """Name it as people write it, such as `agency gas`."""
        return self.kind.value if self.code == self.kind.value else f"{self.kind.value} {self.code}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by the key that was shown. `operator` is the person of the office whose key it is, if it names one."""

    party: Party
    key_id: str
    key_name: str
    scopes: frozenset[Scope]
    operator: str | None = None

    def may(self, scope: Scope) -> bool:
        """Say whether the key was given this scope."""
        return scope in self.scopes


def only_party(kind: PartyKind) -> Party:
    """Return the party of a kind that exists once."""
    return Party(kind, kind.value)
