"""What the gateway's reads stand on: the use cases of commands, each look in a transaction beside the loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from connectors.reads.asking import Question
from connectors.reads.table import Read
from deploy.settings import Settings
from deploy.use_cases import Bus

#: So many look at once; the others wait. A look at the whole ledger takes its time, and no write waits for it.
LOOKING_MAX = 4


class Looking:
    """Shows what reads ask for, from a few threads with connections of their own."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._bus = Bus(settings, name)
        self._threads = ThreadPoolExecutor(LOOKING_MAX, thread_name_prefix="look")

    async def show(self, read: Read, asked: Question) -> dict[str, Any]:
        """Return what is there. Raises `NotThere`, `DatabaseUnavailable` and `Contention`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, read, asked)

    def close(self) -> None:
        """Let looks end, and give the connections back."""
        self._threads.shutdown(cancel_futures=True)
        self._bus.engine.dispose()

    def _look(self, read: Read, asked: Question) -> dict[str, Any]:
        with self._bus.reading_calmly() if read.calm else self._bus.reading() as view:
            return read.look(view, asked)
