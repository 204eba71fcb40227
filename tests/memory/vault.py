"""A vault in memory: the same promises, and no ciphers."""

from uuid import UUID, uuid4

from producers.vault.numbers import PersonNumber
from producers.vault.ports import Fields, Sealed, SealedOtherwise, VaultUnavailable


class MemoryVault:
    """Implements `Vault`; while it is `away` nobody answers."""

    def __init__(self) -> None:
        self.away = False
        self._persons: dict[PersonNumber, UUID] = {}
        self._sealed: dict[tuple[UUID, str], tuple[UUID, Fields, bytes | None]] = {}

    def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        self._ask()
        citizen_ref = self._persons.setdefault(number, uuid4())
        new = (citizen_ref, dict(fields), uuid4().bytes if fields else None)
        known_ref, known_fields, blob = self._sealed.setdefault((request_id, source), new)
        if (known_ref, known_fields) != (citizen_ref, dict(fields)):
            raise SealedOtherwise
        return Sealed(citizen_ref, blob)

    def fields(self, request_id: UUID, source: str) -> Fields | None:
        self._ask()
        found = self._sealed.get((request_id, source))
        return found[1] if found is not None and found[2] is not None else None

    def forget(self, number: PersonNumber) -> bool:
        self._ask()
        citizen_ref = self._persons.pop(number, None)
        self._sealed = {one: kept for one, kept in self._sealed.items() if kept[0] != citizen_ref}
        return citizen_ref is not None

    def _ask(self) -> None:
        if self.away:
            raise VaultUnavailable("the vault is away")
