"""The fold of one batch: claims in; accepted entries, refusals and messages out. Nothing is read or written."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from consumers.intake import Claim
from consumers.registry.domain.entries import entry_of, value_of
from consumers.registry.domain.known import Accept, Await, Known, Refuse
from consumers.registry.domain.rules import Said, decide, subject_of
from consumers.runner.outcomes import Outcome
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.identity import derived_id
from schemas.log_registry import RegistryClaimRefused, RegistryEntry
from schemas.message import Message
from schemas.offices import Office
from schemas.policy import Policy
from schemas.speakers import SpeakerKind
from schemas.topics import LOG_REGISTRY

SOURCE = "/bus"
#: How far a claim's own time may lie before the broker's, and how long it may wait, while no policy says it.
LATENESS = timedelta(hours=1)
PATIENCE = timedelta(hours=1)
#: Even on a fast clock, other topics get this much real time to catch up.
REAL_PATIENCE = timedelta(seconds=60)


class Fold:
    """Decides claims one after another; afterwards everything to write is in its attributes.

    `entries` are what is known, in revision order, and `revision` is the locked head; `business` turns the broker's
    time into business time.
    """

    def __init__(
        self, entries: Iterable[RegistryEntry], revision: int, business: Callable[[datetime], datetime]
    ) -> None:
        self.accepted: list[RegistryEntry] = []
        self.messages: list[Message] = []
        self.counts: Counter[tuple[Outcome, StrEnum | None]] = Counter()
        self._known = Known().with_values(value_of(entry) for entry in entries)
        self._revision = revision
        self._business = business

    @property
    def offices(self) -> list[Office]:
        """Return the last accepted version of each office."""
        values = (value_of(entry) for entry in self.accepted)
        return list({value.code: value for value in values if isinstance(value, Office)}.values())

    def take(self, claim: Claim) -> Await | None:
        """Accept or refuse a claim; return what it waits for when it can only be decided later."""
        moment = self.moment(claim)
        speaker = claim.speaker_code if claim.speaker_kind is SpeakerKind.AGENCY else ""
        decision = decide(Said(claim.event, speaker, moment), self._known)
        match decision:
            case Accept(values=values):
                self._known = self._known.with_values(values)
                for number, value in enumerate(values, start=1):
                    self._revision += 1
                    entry = entry_of(value, self._revision, moment)
                    self.accepted.append(entry)
                    self._say(claim, number, entry, value.code, moment, self._revision)
                self.counts[Outcome.HANDLED, None] += 1
                return None
            case Refuse():
                self.refuse(claim, decision)
                return None
            case Await():
                return decision

    def refuse(self, claim: Claim, why: Refuse | Await) -> None:
        """Refuse a claim, now or because its waiting time is over."""
        event = RegistryClaimRefused(
            claim_id=claim.envelope.id,
            claim_source=claim.envelope.source,
            claim_type=claim.envelope.type,
            reason=why.reason,
            detail=why.detail,
        )
        self._say(claim, 1, event, subject_of(claim.event)[1], self.moment(claim), None)
        self.counts[Outcome.REFUSED, why.reason] += 1

    def moment(self, claim: Claim) -> datetime:
        """Return the claim's business time: what it says, kept between the broker's time and a bounded lateness."""
        appended_at = self._business(claim.record.appended_at)
        if claim.envelope.time is None:
            return appended_at
        lateness = LATENESS
        for policy in self._policies():
            lateness = timedelta(seconds=policy.lateness_seconds)
        return min(max(claim.envelope.time, appended_at - lateness), appended_at)

    def gives_up_at(self, claim: Claim) -> datetime:
        """Return the business time until which a claim may wait for what it refers to."""
        patience = PATIENCE
        for policy in self._policies():
            patience = timedelta(seconds=policy.park_seconds)
        appended_at = claim.record.appended_at
        return max(self._business(appended_at) + patience, self._business(appended_at + REAL_PATIENCE))

    def _policies(self) -> list[Policy]:
        return [
            version
            for versions in self._known.histories.values()
            for version in versions
            if isinstance(version, Policy)
        ]

    def _say(self, claim: Claim, number: int, event: Event, code: str, moment: datetime, revision: int | None) -> None:
        event_id = derived_id(claim.envelope.source, claim.envelope.id, number)
        envelope = Envelope(event_id, SOURCE, event.type_name(), code, moment, revision)
        self.messages.append(Message(LOG_REGISTRY.name, code, envelope, encode(event)))
