"""The world as one batch sees it: the registry at its revision, the loads at theirs plus the batch's own increments."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from consumers.requests.domain.life.context import Headroom
from consumers.requests.domain.life.tracking import CodeBits, code_of
from consumers.requests.domain.loads.loads import Loads, PositionChange, position_changes
from consumers.requests.domain.loads.shares import added
from consumers.requests.domain.registry.snapshot import Snapshot
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.route import Refused, Routed, RoutingRequest, route
from schemas.agreements import Agreement, ServiceTerms, SettlementCycle
from schemas.base import Event

#: The seed of one routing attempt; made from a secret, so that nobody can choose ids to steer it.
Seeds = Callable[[UUID, int], bytes]


class BatchWorld:
    """Implements `context.World`; made anew for each batch, single-threaded.

    `apply` must be called for every event in the order of decisions: later decisions see earlier ones.
    """

    def __init__(
        self, view: RegistryView, loads: Loads, caps_rial: Mapping[str, int], seeds: Seeds, code_bits: CodeBits
    ) -> None:
        self._view = view
        self._loads = loads
        self._caps_rial = caps_rial
        self._seeds = seeds
        self._code_bits = code_bits
        self._changes: dict[str, PositionChange] = {}
        self._reserved_under_rial: dict[str, int] = {}

    @property
    def registry_revision(self) -> int:
        """The registry revision known."""
        return self._view.revision

    @property
    def loads_revision(self) -> int:
        """The load revision read; earlier decisions of the batch count on top."""
        return self._loads.revision

    def snapshot(self, moment: datetime) -> Snapshot:
        """Return what is in force at a business time."""
        return self._view.at(moment)

    def route(self, request_id: UUID, asked: RoutingRequest, attempt: int, tried: Collection[str]) -> Routed | Refused:
        """Decide which office, or why none."""
        seed = self._seeds(request_id, attempt)
        return route(asked, self._view, self._loads, seed, attempt=attempt, tried=tried)

    def terms(self, agreement: str, version: int, service: str) -> ServiceTerms | None:
        """Return what one version of an agreement says of a service."""
        known = self._agreement(agreement, version)
        return None if known is None else next((held for held in known.services if held.service == service), None)

    def settlement_cycle(self, agreement: str, version: int) -> SettlementCycle | None:
        """Return how often one version of an agreement is netted; none when the registry does not know it."""
        known = self._agreement(agreement, version)
        return None if known is None else known.settlement_cycle

    def tracking_code(self, request_id: UUID) -> str:
        """Return a new tracking code for a request that is opened now."""
        return code_of(self._code_bits(request_id))

    def headroom(self, office: str, moment: datetime) -> Headroom:
        """Return an office's reservation, earlier decisions of the batch included, and its cap.

        The position's cap is that of the newest accepted version, the snapshot's that of the one in force: the lower
        holds, so that what is reserved exceeds neither.
        """
        load = self._loads.of(office)
        return Headroom(load.reserved_rial, self._cap_rial(office, moment), load.late_cash_rial)

    def apply(self, event: Event, time: datetime) -> None:
        """Let `event`, of business time `time`, count for the decisions that follow, and for what the batch changes."""
        for change in position_changes(event, time):
            assert not change.income_month, "requests earn nothing; settlement says what was earned"
            self._loads.apply(change)
            # Late cash is in the drawer already, whatever the cap.
            if change.reserved_rial > 0 and not change.late_cash_rial:
                self._reserved_under_rial[change.office] = self._cap_rial(change.office, time)
            before = self._changes.get(change.office)
            if before is not None:
                change = PositionChange(
                    change.office,
                    before.in_flight + change.in_flight,
                    before.reserved_rial + change.reserved_rial,
                    steered=added(before.steered, change.steered),
                    late_cash_rial=before.late_cash_rial + change.late_cash_rial,
                )
            self._changes[change.office] = change

    def changes(self) -> list[PositionChange]:
        """Return what all applied events change, summed by office, in the order of their codes."""
        return [self._changes[office] for office in sorted(self._changes)]

    def reserved_under_rial(self) -> Mapping[str, int]:
        """Return the offices that something was reserved for, each with the cap under which the last of it was."""
        return self._reserved_under_rial

    def moment(self, said_at: datetime | None, appended_at: datetime) -> datetime:
        """Return the business time of a claim: its own time, no later than the broker's and not much earlier.

        `appended_at` is business time; without a policy nothing bounds how early.
        """
        if said_at is None or said_at >= appended_at:
            return appended_at
        policy = self._view.at(appended_at).policy
        if policy is None:
            return said_at
        return max(said_at, appended_at - timedelta(seconds=policy.lateness_seconds))

    def _agreement(self, code: str, version: int) -> Agreement | None:
        versions = reversed(self._view.agreements.versions(code))
        return next((known for known in versions if known.version == version), None)

    def _cap_rial(self, office: str, moment: datetime) -> int:
        cap_rial = self._caps_rial.get(office, 0)
        facts = self._view.at(moment).offices.get(office)
        return cap_rial if facts is None else min(cap_rial, facts.cap_rial)
