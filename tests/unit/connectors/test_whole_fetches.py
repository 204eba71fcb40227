"""The client asks the broker for more only when it has handed out all that it holds."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest
from kafka.consumer.fetcher import Fetcher

from connectors.broker.whole_fetches import ask_for_all_partitions, take_up_what_was_passed_over


@pytest.mark.parametrize(
    ("completed", "current", "asked"),
    [([], None, ["a request"]), (["an answer"], None, []), ([], "half an answer", [])],
)
def test_nothing_is_asked_for_while_something_is_held(
    completed: list[str], current: str | None, asked: list[str]
) -> None:
    async def send() -> list[str]:
        return ["a request"]

    fetcher = SimpleNamespace(_completed_fetches=completed, _next_partition_records=current, _send_fetches_async=send)
    ask_for_all_partitions(SimpleNamespace(_fetcher=fetcher))
    assert asyncio.run(fetcher._send_fetches_async()) == asked


def test_the_library_still_has_what_is_changed_here() -> None:
    assert inspect.iscoroutinefunction(Fetcher._send_fetches_async)
    assert {"_completed_fetches", "_next_partition_records"} <= set(Fetcher.__init__.__code__.co_names)
    assert {"_paused_partition_records", "_paused_completed_fetches"} <= set(Fetcher.__init__.__code__.co_names)


@pytest.mark.parametrize(("current", "then"), [("", None), (None, None), ("half an answer", "half an answer")])
def test_a_current_partition_that_is_used_up_gives_way_to_those_that_were_passed_over(
    current: str | None, then: str | None
) -> None:
    fetcher = SimpleNamespace(_next_partition_records=current, fetched_records=lambda most: (most, False))
    take_up_what_was_passed_over(SimpleNamespace(_fetcher=fetcher))
    assert fetcher.fetched_records(5) == (5, False)
    assert fetcher._next_partition_records == then
