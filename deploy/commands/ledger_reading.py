"""How the ledger's commands read: all of one moment, in no hurry, with a bar for whoever watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress
from sqlalchemy import Connection

from connectors.database.settlement import reads
from consumers.settlement.domain.chain import Row
from deploy.commands.database import worker_connection
from deploy.edge import Screen

_PROGRESS_EVERY_ROWS = 2_000


@contextmanager
def reading(data: Path | None) -> Iterator[Connection]:
    """Open one view of the database, which nothing changes while it lasts."""
    with worker_connection(data) as connection:
        reads.calm(connection)
        yield connection


@contextmanager
def watched(connection: Connection) -> Iterator[Callable[[Iterator[Row]], Iterator[Row]]]:
    """Give a way to watch rows being read: a bar on stderr when it is a terminal, silence otherwise."""
    console = Screen(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("transfers", total=reads.transfers_kept(connection))

        def watch(rows: Iterator[Row]) -> Iterator[Row]:
            for number, row in enumerate(rows, start=1):
                if number % _PROGRESS_EVERY_ROWS == 0:
                    progress.update(task, completed=number)
                yield row

        yield watch
