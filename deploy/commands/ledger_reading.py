"""A bar for whoever watches the ledger's rows being read."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import Progress

from consumers.settlement.books import LedgerReads, WatchRows
from consumers.settlement.domain.chain import Row
from deploy.edge import Screen

_PROGRESS_EVERY_ROWS = 2_000


@contextmanager
def watched(ledger: LedgerReads) -> Iterator[WatchRows]:
    """Give a way to watch rows being read: a bar on stderr when it is a terminal, silence otherwise."""
    console = Screen(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("transfers", total=ledger.transfers_kept())

        def watch(rows: Iterator[Row]) -> Iterator[Row]:
            for number, row in enumerate(rows, start=1):
                if number % _PROGRESS_EVERY_ROWS == 0:
                    progress.update(task, completed=number)
                yield row

        yield watch
