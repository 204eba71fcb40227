"""No partition is left out of the request that the broker may hold back.

kafka-python 3.0 asks for the next records while some of the last answer are unread, and leaves their partitions out.
When the others are idle, the broker holds that request for `fetch_max_wait_ms`, and until then nobody asks for the busy
ones: measured, once in a few seconds at 500 records a second, half a second's stall.
"""

from typing import Any


def ask_for_all_partitions(consumer: Any) -> None:
    """Let `consumer` ask for more only when it has handed out all that it holds; at most one such request is open."""
    fetcher = consumer._fetcher
    ask = fetcher._send_fetches_async

    async def ask_when_empty() -> list[Any]:
        if fetcher._completed_fetches or fetcher._next_partition_records:
            return []
        asked: list[Any] = await ask()
        return asked

    fetcher._send_fetches_async = ask_when_empty
