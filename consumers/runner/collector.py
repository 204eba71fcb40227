"""When to look for cycles of objects that nobody holds any more: between batches, and seldom while there is a backlog.

A batch makes a hundred thousand objects, and the next one's are read meanwhile; Python's own rule would go through them
in mid-batch, and again after it. Batches leave hardly any cycles; the clients do, for every answer of the broker.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Batches in a backlog after which cycles are looked for all the same.
BATCHES_MAX = 50
#: One look in this many goes through what survived the earlier ones, too; one in this many of those through everything.
LOOKS_PER_GENERATION = 100


class CycleCollector:
    """Counts looks, and knows how far the next one goes."""

    def __init__(self) -> None:
        self._looks = 0
        self._batches = 0

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """Let nobody look for cycles but `rest`."""
        gc.disable()
        try:
            yield
        finally:
            gc.enable()

    def rest(self, *, backlog: bool) -> None:
        """Look for cycles now, unless there is a `backlog` and the last look is not long ago."""
        self._batches += 1
        if backlog and self._batches < BATCHES_MAX:
            return
        self._batches = 0
        self._looks += 1
        gc.collect(self._generation())

    def _generation(self) -> int:
        if self._looks % LOOKS_PER_GENERATION:
            return 0
        return 1 if self._looks // LOOKS_PER_GENERATION % LOOKS_PER_GENERATION else 2
