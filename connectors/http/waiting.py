"""Who waits for an outcome, all together: one look at the database for everybody, whenever something was decided."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from producers.outcomes import AnswersUnavailable, Decided, Outcome, SaidClaim, SetAside

#: Real seconds from one look to the next: decisions come in batches, and each look takes some milliseconds.
GAP_SECONDS = 0.01
#: Whoever waits is looked after so often even when no notification comes.
TICK_SECONDS = 1.0

Look = Callable[[Sequence[SaidClaim]], Awaitable[Mapping[SaidClaim, Outcome]]]


class Hub:
    """Outcomes for many waiters; all calls from one event loop. `notify` says that something was committed."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._waiting: dict[SaidClaim, list[asyncio.Future[Outcome]]] = {}
        self._something = asyncio.Event()
        self._held: dict[SaidClaim, Outcome] = {}

    def notify(self) -> None:
        """Look again soon."""
        self._something.set()

    async def outcomes(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        """Return what is known now. Raises `AnswersUnavailable`."""
        return await self._look(claims)

    async def outcome(self, claim: SaidClaim, seconds: float) -> Outcome | None:
        """Return what becomes of a claim within `seconds`; that it waits is told when the time is over."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(claim, []).append(future)
        self._something.set()
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return self._held.get(claim)
        finally:
            others = self._waiting.get(claim, [])
            if future in others:
                others.remove(future)
            if not others:
                self._waiting.pop(claim, None)
                self._held.pop(claim, None)

    async def run(self) -> None:
        """Serve those who wait, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._something.wait()
            except TimeoutError:
                pass
            self._something.clear()
            if self._waiting:
                await self._serve(list(self._waiting))
                await asyncio.sleep(GAP_SECONDS)

    async def _serve(self, claims: Sequence[SaidClaim]) -> None:
        try:
            found = await self._look(claims)
        except AnswersUnavailable:
            # Whoever waits is told that nothing is decided yet, which is so.
            return
        for claim, outcome in found.items():
            if not isinstance(outcome, Decided | SetAside):
                self._held[claim] = outcome
                continue
            for future in self._waiting.get(claim, ()):
                if not future.done():
                    future.set_result(outcome)
