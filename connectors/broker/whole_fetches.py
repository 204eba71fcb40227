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


def take_up_what_was_passed_over(consumer: Any) -> None:
    """Let `consumer` go on with partitions that were paused while it held records of them, and then resumed.

    kafka-python 3.0 takes such records up only when it has no current partition at all, and a current one that is used
    up stays where it is: then nobody reads the resumed partition again, and nobody asks the broker for it either.
    """
    fetcher = consumer._fetcher
    take = fetcher.fetched_records

    def take_anew(*arguments: Any, **options: Any) -> Any:
        if not fetcher._next_partition_records:
            fetcher._next_partition_records = None
        return take(*arguments, **options)

    fetcher.fetched_records = take_anew
