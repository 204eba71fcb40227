"""Group commit: whatever arrived while the last transaction was committed shares the next one."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from producers.saying import Intake, IntakeUnavailable, Verdict, Wish, WishRefused

#: Wishes in one transaction. More of them cost the database nothing less, and the first would wait for the last.
TOGETHER_MAX = 500


class Busy(Exception):
    """More is waiting than may wait: nothing was kept."""


class InProgress(NamedTuple):
    """The same key is on its way in this process: what becomes of it is not known yet."""


class Failed(NamedTuple):
    """The database refuses this one wish; the fault is ours, and is in the log."""

    why: str


Answer = Verdict | InProgress | Failed


@dataclass(frozen=True, slots=True)
class _Party:
    """Wishes that came together, and who waits for what becomes of them."""

    wishes: Sequence[Wish]
    answer: "asyncio.Future[Sequence[Answer]]"


class GroupCommit:
    """Keeps wishes, one transaction at a time; all calls from one event loop. `waiting_max` wishes may wait."""

    def __init__(self, intake: Intake, waiting_max: int) -> None:
        self._intake = intake
        self._waiting_max = waiting_max
        self._waiting: deque[_Party] = deque()
        self._count = 0
        self._on_the_way: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    async def keep(self, wishes: Sequence[Wish]) -> Sequence[Answer]:
        """Say what became of each wish, once it is durable, in order. Raises `Busy` or `IntakeUnavailable`."""
        if self._count + len(wishes) > self._waiting_max:
            raise Busy
        mine: list[Wish] = []
        keys: list[tuple[str, str]] = []
        for wish in wishes:
            if wish.key is not None:
                key = (wish.message.envelope.source, wish.key)
                if key in self._on_the_way:
                    continue
                self._on_the_way.add(key)
                keys.append(key)
            mine.append(wish)
        answers = await self._in_turn(mine, keys) if mine else ()
        if len(mine) == len(wishes):
            return answers
        found = iter(answers)
        taken = {id(wish) for wish in mine}
        return [next(found) if id(wish) in taken else InProgress() for wish in wishes]

    async def _in_turn(self, wishes: Sequence[Wish], keys: Sequence[tuple[str, str]]) -> Sequence[Answer]:
        party = _Party(wishes, asyncio.get_running_loop().create_future())
        # A caller that goes away does not take back what is on its way, so its keys stay until that has ended.
        party.answer.add_done_callback(lambda _: self._on_the_way.difference_update(keys))
        self._waiting.append(party)
        self._count += len(wishes)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await asyncio.shield(party.answer)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._commit(self._next())
        finally:
            self._task = None

    def _next(self) -> list[_Party]:
        parties = [self._waiting.popleft()]
        count = len(parties[0].wishes)
        while self._waiting and count + len(self._waiting[0].wishes) <= TOGETHER_MAX:
            parties.append(self._waiting.popleft())
            count += len(parties[-1].wishes)
        return parties

    async def _commit(self, parties: Sequence[_Party]) -> None:
        wishes = [wish for party in parties for wish in party.wishes]
        trouble: Exception | None = None
        answers: Sequence[Answer] = ()
        try:
            answers = await self._halved(wishes)
        except IntakeUnavailable as error:
            trouble = error
        except Exception as error:  # whatever it is, somebody waits for an answer
            trouble = IntakeUnavailable(f"{type(error).__name__}: {error}")
        self._count -= len(wishes)
        place = 0
        for party in parties:
            if trouble is not None:
                party.answer.set_exception(trouble)
                # Nobody may be waiting any more.
                party.answer.exception()
            else:
                party.answer.set_result(answers[place : place + len(party.wishes)])
            place += len(party.wishes)

    async def _halved(self, wishes: Sequence[Wish]) -> Sequence[Answer]:
        """Commit; what the database refuses is found by halves, so that it fails itself alone."""
        try:
            return await self._intake.commit(wishes)
        except WishRefused as error:
            if len(wishes) == 1:
                return (Failed(str(error)),)
        middle = len(wishes) // 2
        return [*await self._halved(wishes[:middle]), *await self._halved(wishes[middle:])]
