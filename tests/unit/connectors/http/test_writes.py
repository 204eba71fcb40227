"""Group commit: what comes together shares a transaction, one fault fails itself alone, nobody waits for ever."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from connectors.http.writes import TOGETHER_MAX, Busy, Failed, GroupCommit, InProgress
from producers.saying import IntakeUnavailable, Kept, Verdict, Wish, WishRefused
from schemas.envelope import Envelope
from schemas.message import Message


def wish(number: int, key: str | None = None) -> Wish:
    event_id = f"e-{number}"
    return Wish(Message("pishkhan.intake.gas", "k", Envelope(event_id, "/agencies/gas", "t"), b"{}"), None, key)


class Intake:
    """Keeps what it is given, when the gate is open; refuses bad wishes, as a database would a batch with one."""

    def __init__(self, *bad: int) -> None:
        self.gate = asyncio.Event()
        self.asked = 0
        self.bad = {f"e-{number}" for number in bad}
        self.batches: list[int] = []
        self.kept: list[str] = []
        self.fails: Exception | None = None

    async def commit(self, wishes: Sequence[Wish]) -> Sequence[Verdict]:
        self.asked += 1
        await self.gate.wait()
        self.batches.append(len(wishes))
        if self.fails is not None:
            raise self.fails
        ids = [one.message.envelope.id for one in wishes]
        if not self.bad.isdisjoint(ids):
            raise WishRefused("DataError")
        self.kept += ids
        return [Kept(event_id, "k") for event_id in ids]


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until `condition` holds."""
    while not condition():
        await asyncio.sleep(0)


def test_what_arrives_during_a_commit_shares_the_next_one() -> None:
    async def story() -> None:
        intake = Intake()
        writes = GroupCommit(intake, 1_000)
        calls = [asyncio.create_task(writes.keep([wish(number)])) for number in range(100)]
        await until(lambda: intake.asked > 0)
        intake.gate.set()
        answers = await asyncio.gather(*calls)
        assert answers == [[Kept(f"e-{number}", "k")] for number in range(100)]
        assert sum(intake.batches) == 100
        assert len(intake.batches) <= 2
        assert intake.kept == [f"e-{number}" for number in range(100)], "in the order in which they came"

    asyncio.run(story())


def test_a_transaction_has_a_bound_and_a_party_stays_together() -> None:
    async def story() -> None:
        intake = Intake()
        writes = GroupCommit(intake, 10_000)
        calls = [asyncio.create_task(writes.keep([wish(10 * n + m) for m in range(10)])) for n in range(120)]
        await until(lambda: intake.asked > 0)
        intake.gate.set()
        await asyncio.gather(*calls)
        assert max(intake.batches) <= TOGETHER_MAX
        assert all(batch % 10 == 0 for batch in intake.batches)

    asyncio.run(story())


def test_one_that_is_refused_fails_itself_alone() -> None:
    async def story() -> None:
        intake = Intake(3, 40)
        intake.gate.set()
        writes = GroupCommit(intake, 1_000)
        answers = [one for (one,) in await asyncio.gather(*(writes.keep([wish(number)]) for number in range(50)))]
        assert [n for n, one in enumerate(answers) if isinstance(one, Failed)] == [3, 40]
        assert len(intake.kept) == 48

    asyncio.run(story())


def test_the_same_key_is_on_its_way_once() -> None:
    async def story() -> None:
        intake = Intake()
        writes = GroupCommit(intake, 1_000)
        first = asyncio.create_task(writes.keep([wish(1, "a")]))
        await until(lambda: intake.asked > 0)
        assert await writes.keep([wish(2, "a")]) == [InProgress()]
        mixed = asyncio.create_task(writes.keep([wish(3, "a"), wish(4, "b"), wish(5, "b")]))
        intake.gate.set()
        assert await first == [Kept("e-1", "k")]
        assert await mixed == [InProgress(), Kept("e-4", "k"), InProgress()]
        assert await writes.keep([wish(6, "a")]) == [Kept("e-6", "k")], "and is free again behind it"

    asyncio.run(story())


def test_a_caller_that_goes_away_takes_nothing_back() -> None:
    async def story() -> None:
        intake = Intake()
        writes = GroupCommit(intake, 1_000)
        call = asyncio.create_task(writes.keep([wish(1, "a")]))
        await until(lambda: intake.asked > 0)
        call.cancel()
        await until(call.done)
        assert await writes.keep([wish(2, "a")]) == [InProgress()]
        intake.gate.set()
        assert await writes.keep([wish(3)]) == [Kept("e-3", "k")]
        assert intake.kept[0] == "e-1"

    asyncio.run(story())


def test_more_than_may_wait_is_sent_away() -> None:
    async def story() -> None:
        intake = Intake()
        writes = GroupCommit(intake, 5)
        call = asyncio.create_task(writes.keep([wish(number) for number in range(5)]))
        await until(lambda: intake.asked > 0)
        with pytest.raises(Busy):
            await writes.keep([wish(6)])
        intake.gate.set()
        await call
        assert len(await writes.keep([wish(7)])) == 1

    asyncio.run(story())


@pytest.mark.parametrize("fault", [IntakeUnavailable("away"), ZeroDivisionError()])
def test_whoever_waits_is_told_of_every_fault_and_the_next_are_kept(fault: Exception) -> None:
    async def story() -> None:
        intake = Intake()
        intake.gate.set()
        intake.fails = fault
        writes = GroupCommit(intake, 1_000)
        results = await asyncio.gather(*(writes.keep([wish(n)]) for n in range(3)), return_exceptions=True)
        assert all(isinstance(one, IntakeUnavailable) for one in results)
        intake.fails = None
        assert await writes.keep([wish(9)]) == [Kept("e-9", "k")]

    asyncio.run(story())
