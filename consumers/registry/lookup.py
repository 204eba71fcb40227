"""What the registry knows, at any time and any revision.

The use case of everybody who asks, at a terminal, over HTTP or on a page: values in, values out, over a port.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consumers.codes import NAMED_MAX, CodeUnknown, codes_like
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, Subject, Value
from schemas.catalogue import Service
from schemas.log_registry import RegistryEntry, ServiceVersioned


class RegistryReads(Protocol):
    """Accepted versions as people ask for them. No call waits for a worker."""

    def as_of(self, kind: EntryKind, code: str, moment: datetime, revision: int | None = None) -> RegistryEntry | None:
        """Return the version that held at `moment` (business time), as it was known at `revision` (none: now).

        The last version that had begun by then holds; agreements that were only proposed never do.
        """

    def history(self, kind: EntryKind, code: str) -> Sequence[RegistryEntry]:
        """Return every version of one thing, oldest first; nothing when it is not known."""

    def codes(self, kind: EntryKind) -> Sequence[str]:
        """Return the codes of everything of `kind`, in order."""

    def since(self, revision: int) -> Sequence[RegistryEntry]:
        """Return every entry after `revision`, in order."""

    def head(self) -> int:
        """Return the newest revision."""

    def known(self, subjects: Collection[Subject], kinds: Collection[EntryKind]) -> Sequence[RegistryEntry]:
        """Return all versions of `subjects` and of everything of `kinds`, in revision order."""


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """One accepted version: what it says, and when it was accepted as which revision."""

    entry: RegistryEntry

    @property
    def value(self) -> Value:
        """The service, office, agreement, policy, calendar or territory itself."""
        return value_of(self.entry)

    @property
    def state(self) -> str | None:
        """The state that the version puts it in; none for what has no states, such as a policy."""
        value = self.value
        for name in ("state", "stage"):
            if hasattr(value, name):
                return str(getattr(value, name))
        licence = getattr(value, "licence", None)
        return None if licence is None else str(licence.state)


def version_at(
    reads: RegistryReads, kind: EntryKind, code: str, moment: datetime, revision: int | None = None
) -> KnownVersion | None:
    """Return the version that held at `moment`, as it was known at `revision` (none: now); none when none did."""
    found = reads.as_of(kind, code, moment, revision)
    return None if found is None else KnownVersion(found)


def versions_of(reads: RegistryReads, kind: EntryKind, code: str) -> list[KnownVersion]:
    """Return every version of one thing, oldest first. Raises `CodeUnknown`."""
    found = [KnownVersion(entry) for entry in reads.history(kind, code)]
    if not found:
        check_known(reads, kind, code)
    return found


def check_known(reads: RegistryReads, kind: EntryKind, code: str) -> None:
    """Raise `CodeUnknown`, with codes like it, when the registry has nothing of `kind` under `code`."""
    codes = list(reads.codes(kind))
    if code not in codes:
        raise CodeUnknown(kind, code, codes_like(code, codes) or codes[:NAMED_MAX])


def newest_service(reads: RegistryReads, code: str) -> Service | None:
    """Return the newest accepted version of a service, in force or not yet; none when it is not known."""
    versions = reads.history(EntryKind.SERVICE, code)
    newest = versions[-1] if versions else None
    return newest.service if isinstance(newest, ServiceVersioned) else None


def owners_of(reads: RegistryReads, services: Collection[str]) -> Mapping[str, str]:
    """Return the agency that owns each of `services`, by code; services that are not known are left out."""
    entries = reads.known([(EntryKind.SERVICE, code) for code in services], ())
    return {one.service.code: one.service.agency for one in entries if isinstance(one, ServiceVersioned)}
