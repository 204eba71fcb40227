"""What a transition may know beside the state and the claim: who speaks, when, and the world as of this batch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from consumers.requests.domain.life.state import Speaker
from consumers.requests.domain.registry.snapshot import Snapshot
from consumers.requests.domain.routing.route import Refused, Routed, RoutingRequest
from schemas.agreements import ServiceTerms, SettlementCycle
from schemas.base import Event


@dataclass(frozen=True, slots=True)
class Headroom:
    """What an office has reserved, and the most that it may; with late cash it may accept nothing."""

    reserved_rial: int
    cap_rial: int
    late_cash_rial: int = 0


class World(Protocol):
    """The registry, the loads and the secret, as one batch sees them; the same question gives the same answer."""

    @property
    def registry_revision(self) -> int:
        """The registry revision known."""

    @property
    def loads_revision(self) -> int:
        """The load revision read; earlier decisions of the batch count on top."""

    def snapshot(self, moment: datetime) -> Snapshot:
        """Return what is in force at a business time."""

    def route(self, request_id: UUID, asked: RoutingRequest, attempt: int, tried: Collection[str]) -> Routed | Refused:
        """Decide which office, or why none. `tried` are the offices that had it and gave it back."""

    def terms(self, agreement: str, version: int, service: str) -> ServiceTerms | None:
        """Return what one version of an agreement says of a service: running requests keep their version."""

    def settlement_cycle(self, agreement: str, version: int) -> SettlementCycle | None:
        """Return how often one version of an agreement is netted; none when the registry does not know it."""

    def tracking_code(self, request_id: UUID) -> str:
        """Return a new tracking code for a request that is opened now."""

    def headroom(self, office: str, moment: datetime) -> Headroom:
        """Return an office's reservation, earlier decisions of the batch included, and its cap.

        A change of the cap that is accepted but not in force yet counts only when it lowers the cap.
        """


class EarlierClaim(NamedTuple):
    """A claim on the same request that came before and waits: its id, its type's name, and who said it."""

    claim_id: str
    type_name: str
    speaker: Speaker


class Context(NamedTuple):
    """The circumstances of one claim. `moment` is its business time, `now` the business time of deciding it.

    Deadlines run from `now`, so that a backlog does not eat them. `registry_complete` says that the registry has
    passed everything that was said before the claim: what is unknown then stays unknown. `waiting` are the claims that
    came before it and wait. `intake_unread` names the topic that was not read up to a deadline that fires all the same.
    """

    speaker: Speaker
    moment: datetime
    now: datetime
    world: World
    registry_complete: bool = False
    waiting: tuple[EarlierClaim, ...] = ()
    intake_unread: str | None = None

    def has_waiting(self, model: type[Event]) -> bool:
        """Return whether the speaker has said a `model` before that waits."""
        name = model.type_name()
        return any(one.type_name == name and one.speaker == self.speaker for one in self.waiting)
