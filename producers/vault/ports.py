"""The vault as its use cases need it."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

from producers.vault.numbers import PersonNumber

#: Personal fields of a form, by their codes, as JSON has them.
Fields = Mapping[str, object]


class VaultUnavailable(Exception):
    """The vault does not answer, or has no key: nothing was kept, and nothing can be shown."""


class SealedOtherwise(Exception):
    """The request is sealed already, for another person or with other fields: another request under the same id."""


class Sealed(NamedTuple):
    """What travels instead of a person: a random reference, and the encrypted fields, if there are any."""

    citizen_ref: UUID
    blob: bytes | None


class Vault(Protocol):
    """Persons and what is sealed for their requests. Every call may raise `VaultUnavailable`."""

    def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        """Keep the personal fields of a request that `source` is about to submit.

        The same again gives the same reference and the same blob; what others seal under the request's id is theirs
        alone. One person has one reference. Raises `SealedOtherwise`.
        """

    def fields(self, request_id: UUID, source: str) -> Fields | None:
        """Return what the submitter of a request sealed for it; none for nothing, and for a forgotten person."""

    def forget(self, number: PersonNumber) -> bool:
        """Forget a person: no copy of what was sealed for it can be read again. Says whether there was anybody."""
