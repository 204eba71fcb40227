"""What the doors for citizens stand on: tracking codes, and the vault; each look in a transaction beside the loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from connectors.clock import real_now
from connectors.vault.keys import read_keys
from connectors.vault.store import SqlVault
from consumers.requests.track import Tracked, track
from deploy.settings import Settings
from deploy.use_cases import Bus
from producers.access.parties import Caller
from producers.vault.numbers import PersonNumber
from producers.vault.ports import Fields, Sealed, Vault, VaultUnavailable
from producers.vault.reveal import RevealDesk, RevealRefusal, reveal

#: So many look at once; the others wait.
LOOKING_MAX = 4


class NoVault:
    """Implements `Vault` for a bus without one."""

    def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        """Refuse."""
        raise VaultUnavailable("this bus has no vault")

    def fields(self, request_id: UUID, source: str) -> Fields | None:
        """Refuse."""
        raise VaultUnavailable("this bus has no vault")

    def forget(self, number: PersonNumber) -> bool:
        """Refuse."""
        raise VaultUnavailable("this bus has no vault")


class Citizens:
    """Answers for citizens, from a few threads with connections of their own."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._clock = settings.clock
        self._bus = Bus(settings, name)
        self._threads = ThreadPoolExecutor(LOOKING_MAX, thread_name_prefix="citizens")
        url, path = settings.vault_url.get_secret_value(), settings.vault_key_path
        self._vault: Vault = SqlVault(url, lambda: read_keys(path)) if url else NoVault()

    async def track(self, code: str) -> Tracked | None:
        """Return where the request with a code is. Raises `DatabaseUnavailable` and `Contention`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._tracked, code)

    async def reveal(self, caller: Caller, request_id: UUID) -> Fields | RevealRefusal:
        """Return a citizen's fields, on record. Raises `DatabaseUnavailable` and `Contention`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._revealed, caller, request_id)

    async def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        """Keep a citizen's fields. Raises `SealedOtherwise` and `VaultUnavailable`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._vault.seal, request_id, source, number, fields)

    def close(self) -> None:
        """Let looks end, and give the connections back."""
        self._threads.shutdown(cancel_futures=True)
        self._bus.engine.dispose()

    def _tracked(self, code: str) -> Tracked | None:
        with self._bus.reading() as view:
            return track(view.tracked, code)

    def _revealed(self, caller: Caller, request_id: UUID) -> Fields | RevealRefusal:
        # Leaving it commits the row in the audit before anybody sees anything.
        with self._bus.deciding() as view:
            desk = RevealDesk(view.reveals, self._vault, view.audit, real_now(), self._clock.now())
            return reveal(desk, caller, request_id)
