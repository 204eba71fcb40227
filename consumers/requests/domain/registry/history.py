"""Versions of things of one kind: which were known at a revision, and which is in force at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """What every registry value has: its code, and from when on this version holds."""

    @property
    def code(self) -> str:
        """The code that all versions share."""

    @property
    def valid_from(self) -> datetime:
        """From when on the version is in force."""


Held = TypeVar("Held", bound=Versioned)


class History(Generic[Held]):
    """Immutable. Versions are in the order of their revisions; codes in the order of their first appearance."""

    __slots__ = ("_versions",)

    def __init__(self, versions: Mapping[str, tuple[tuple[int, Held], ...]] | None = None) -> None:
        self._versions = {} if versions is None else versions

    def extended(self, additions: Sequence[tuple[int, Held]]) -> "History[Held]":
        """Return the history with more versions, each later than all that it has."""
        if not additions:
            return self
        versions = dict(self._versions)
        for revision, thing in additions:
            versions[thing.code] = (*versions.get(thing.code, ()), (revision, thing))
        return History(versions)

    def up_to(self, revision: int) -> "History[Held]":
        """Return the history as known at `revision`."""
        known = {code: tuple(pair for pair in pairs if pair[0] <= revision) for code, pairs in self._versions.items()}
        return History({code: pairs for code, pairs in known.items() if pairs})

    def codes(self) -> Iterable[str]:
        """Return all codes, in the order of their first appearance."""
        return self._versions.keys()

    def versions(self, code: str) -> tuple[Held, ...]:
        """Return all versions of one thing, oldest first; empty when it is unknown."""
        return tuple(thing for _, thing in self._versions.get(code, ()))

    def everything(self) -> Iterable[Held]:
        """Return every version of every thing."""
        return (thing for pairs in self._versions.values() for _, thing in pairs)

    def at(self, moment: datetime) -> dict[str, Held]:
        """Return the version in force of each thing that has begun: the newest whose `valid_from` has come."""
        found: dict[str, Held] = {}
        for code, pairs in self._versions.items():
            for _, thing in reversed(pairs):
                if thing.valid_from <= moment:
                    found[code] = thing
                    break
        return found
