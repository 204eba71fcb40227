"""`pishkhan publish`: CloudEvents from a file or a pipe, line by line, through the outbox."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from connectors.database.driver import meaningful_errors
from connectors.database.engine import build_engine
from connectors.database.outbox import outbox_opener
from connectors.ids import new_id
from consumers.runner.ports import DatabaseUnavailable
from deploy.agencies import known_agencies
from deploy.commands.options import DataOption
from deploy.problem import Problem
from deploy.settings import Settings, load_settings
from producers.lines import LineProblem, read_lines
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher

#: So many lines go into one transaction.
LINES_AT_ONCE = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(publish)


def publish(
    file: Annotated[str, typer.Argument(help="NDJSON of CloudEvents in structured mode; - reads standard input.")],
    data: DataOption = None,
) -> None:
    """Publish events, one per line, each wholly or not at all. Exit code 1 if any line was refused.

    What is published is kept in the database until the broker has it. A refused line is told with its number, the
    field and what is wrong; correct it and publish the file again: events that went through keep their id and are
    skipped.

    [bold]Examples[/bold]

      pishkhan publish events.ndjson

      generate-events | pishkhan publish -
    """
    settings = load_settings(data)
    engine = build_engine(settings.worker_database_url(), "pishkhan publish")
    try:
        published, refused = _publish_lines(file, settings, engine)
    finally:
        engine.dispose()
    Console().print(f"{published} published, {refused} refused", highlight=False)
    if refused:
        raise typer.Exit(1)


def _publish_lines(file: str, settings: Settings, engine: Engine) -> tuple[int, int]:
    """Publish the good lines, tell of the others, and return how many there were of each."""
    now = settings.clock.now
    publisher = Publisher(outbox_opener(engine), now, new_id)
    published = refused = line_number = 0
    with _opened(file) as stream, _progress() as progress:
        task = progress.add_task("publishing", total=_size(file))
        lines = _counted(stream, progress, task)
        while chunk := list(islice(lines, LINES_AT_ONCE)):
            try:
                with meaningful_errors(), engine.connect() as connection:
                    agencies = known_agencies(settings, connection)
                found = list(read_lines(chunk, now(), agencies, line_number + 1))
                messages = [item for item in found if not isinstance(item, LineProblem)]
                publisher.publish(messages)
            except (DatabaseUnavailable, OutboxUnavailable) as error:
                raise Problem(
                    f"The database does not answer ({error}). {published} events are published, those from line "
                    f"{line_number + 1} on are not. Publish the file again: what went through is skipped."
                ) from error
            for problem in found:
                if isinstance(problem, LineProblem):
                    refused += 1
                    text = f"line {problem.line_number}: {problem.field}: {problem.problem}"
                    progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
            published += len(messages)
            line_number += len(chunk)
    return published, refused


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}.") from error


def _size(file: str) -> int | None:
    return None if file == "-" else Path(file).stat().st_size


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _counted(stream: BinaryIO, progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in stream:
        progress.advance(task, len(line))
        yield line
