"""The gateway in one process, over a database in memory: no engine, and no socket."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx

from connectors.http.acts import Rooms
from connectors.http.app import Place, build_app
from connectors.http.limits import HttpLimits, Turns
from connectors.http.saying import Speech
from connectors.http.waiting import Hub
from connectors.http.writes import GroupCommit
from producers.access.keyring import Keyring
from producers.access.keys import Key
from producers.access.parties import GRANTABLE, Party, PartyKind, Scope
from producers.delivery import Delivery
from producers.outcomes import Outcome, SaidClaim
from producers.saying import Intake
from tests.kit.values.builders import MOMENT
from tests.kit.values.keys import SECRET, key_of
from tests.memory.gateway import MemoryIntake
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase, Outgoing

GAS = Party(PartyKind.AGENCY, "gas")
WATER = Party(PartyKind.AGENCY, "water")
DESK = Party(PartyKind.OFFICE, "office-1")
OTHER_DESK = Party(PartyKind.OFFICE, "office-2")
DIRECTORATE = Party(PartyKind.DIRECTORATE, "directorate")
AUDITOR = Party(PartyKind.AUDITOR, "auditor")


@dataclass
class Heard:
    """What the doors reported."""

    answers: list[tuple[str, int]] = field(default_factory=list)
    claims: int = 0

    def answered(self, door: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.answers.append((door, status))

    def kept(self, wishes: int) -> None:
        self.claims += wishes


@dataclass
class Doors:
    """A gateway with the keys of some parties, each with every scope that such a party may hold."""

    limits: HttpLimits = field(default_factory=HttpLimits)
    intake: Intake | None = None
    more: Callable[[Rooms], Sequence[Place]] = lambda _rooms: ()
    delivery: Delivery | None = None
    ready: str | None = None

    def __post_init__(self) -> None:
        self.database = BusDatabase()
        self.keyring = Keyring(SECRET, lambda: 0.0)
        self.heard = Heard()
        self.decided: dict[str, Outcome] = {}
        self.looks = 0
        self._ids = iter(range(1, 1_000_000))
        self._keys: dict[str, Key] = {}
        self._seeds = 0
        self.hub = Hub(self._look)
        writes = GroupCommit(self.intake or MemoryIntake(BusSession(self.database)), self.limits.waiting)
        speech = Speech(lambda: MOMENT, lambda: UUID(int=next(self._ids)), b"fingerprints")
        self.rooms = Rooms(
            lambda token: self.keyring.who(token, MOMENT),
            speech,
            writes,
            self.hub,
            self.limits,
            Turns(self.limits),
            self.heard,
            lambda: self.delivery,
        )
        self.app = build_app(self.rooms, self._ask, lambda: self.ready, "http://127.0.0.1", self.more(self.rooms))

    def key(self, party: Party, *scopes: Scope, operator: str | None = None) -> str:
        """Issue a key and return its text."""
        self._seeds += 1
        key, token = key_of(party, *(scopes or GRANTABLE[party.kind]), seed=self._seeds)
        self._keys[token] = replace(key, operator=operator)
        self.keyring.learn(list(self._keys.values()), 0.0)
        return token

    def revoke(self, token: str) -> None:
        """Let a key open nothing from now on."""
        del self._keys[token]
        self.keyring.learn(list(self._keys.values()), 0.0)

    @property
    def outbox(self) -> list[Outgoing]:
        """What was kept, in order."""
        return [row for _, row in sorted(self.database.outbox.rows.items())]

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """Return a client that shows `token`."""
        transport = httpx.ASGITransport(self.app)
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        """Ask once."""

        async def once() -> httpx.Response:
            async with self.client(token) as client:
                return await client.request(method, path, **more)

        return asyncio.run(once())

    async def _look(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        self.looks += 1
        return {claim: self.decided[claim.event_id] for claim in claims if claim.event_id in self.decided}

    async def _ask(self, event_id: str) -> Sequence[tuple[SaidClaim, Outcome | None]]:
        rows = [row.message.envelope for row in self.outbox if row.message.envelope.id == event_id]
        return [
            (SaidClaim(one.source, one.id, one.type, one.subject or ""), self.decided.get(event_id)) for one in rows
        ]
