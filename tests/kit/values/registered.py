"""A registry that decides on claims by its own rules and remembers them, without a database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from consumers.registry.domain.known import Accept, EntryKind, Known
from consumers.registry.domain.rules import Said, decide
from producers.changes import Value
from producers.registration import DIRECTORATE, Identity, RegistryClaim, Subject
from schemas.agreements import Agreement
from schemas.base import Event
from schemas.decode import encode, parse
from tests.kit.values import builders


class Registry:
    """What producers ask of the registry, and what they say to it."""

    def __init__(self) -> None:
        self.known = Known()
        self.taken: set[Identity] = set()

    def versions(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[Value]]:
        """Return all versions of each subject that is known, oldest first."""
        found = {subject: self.known.versions((EntryKind(subject[0]), subject[1])) for subject in subjects}
        return {subject: versions for subject, versions in found.items() if versions}

    def seen(self, identities: Sequence[Identity]) -> Collection[Identity]:
        """Return those of the claims' identities that were taken in before."""
        return self.taken & set(identities)

    def take(self, claims: Iterable[RegistryClaim], moment: datetime = builders.MOMENT) -> None:
        """Decide on claims, each of which must be accepted."""
        for claim in claims:
            self.taken.add(claim.identity)
            speaker = "" if claim.source == DIRECTORATE else claim.source.removeprefix("/agencies/")
            # As it comes over the wire.
            self.say(parse(type(claim.event), encode(claim.event)), speaker, moment)

    def say(self, event: Event, speaker: str = "", moment: datetime = builders.MOMENT) -> None:
        """Decide on what somebody else says, which must be accepted."""
        decision = decide(Said(event, speaker, moment), self.known)
        assert isinstance(decision, Accept), decision.detail
        self.known = self.known.with_values(decision.values)

    def in_force(self, kind: str, code: str, moment: datetime) -> Value:
        """Return the version that holds at a moment."""
        held = [
            version
            for version in self.known.versions((EntryKind(kind), code))
            if version.valid_from <= moment and not (isinstance(version, Agreement) and version.state != "active")
        ]
        return held[-1]
