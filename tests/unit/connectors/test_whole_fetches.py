"""The client asks the broker for more only when it has handed out all that it holds."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest
from kafka.consumer.fetcher import Fetcher

from connectors.broker.whole_fetches import ask_for_all_partitions


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
