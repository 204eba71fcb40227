"""`pishkhan publish`: CloudEvents from a file or a pipe, line by line, through the outbox."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from connectors.database.publication.outbox import outbox_opener
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.words.language import Language
from consumers.runner.errors import DatabaseUnavailable
from deploy.agencies import known_agencies
from deploy.commands.options import DataOption
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.operations.delivery import delivery, delivery_words
from deploy.problem import Problem, Unreachable
from deploy.running.demonstration import note_use
from deploy.settings import Settings, load_settings
from producers.lines import LineProblem, read_lines
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher

#: The broker has an event within moments when the bus runs; after this long it is told what it waits for.
WAIT_SECONDS = 3.0
#: So many lines go into one transaction.
LINES_AT_ONCE = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(publish)


def publish(
    file: Annotated[str, typer.Argument(help="NDJSON of CloudEvents in structured mode; - reads standard input.")],
    wait_seconds: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for the broker, and then say what it waits for.")
    ] = WAIT_SECONDS,
    data: DataOption = None,
) -> None:
    """Publish events, one per line, each wholly or not at all.

    What is published is kept in the database until the broker has it; it says so while the broker is away. A refused
    line is told with its number, the
    field and what is wrong; correct it and publish the file again: events that went through keep
    their id, type, subject and body, and are skipped.

    [bold]Examples[/bold]

      pishkhan publish events.ndjson

      generate-events | pishkhan publish -
    """
    settings = load_settings(data)
    note_use(settings.data_directory)
    engine = build_engine(settings.worker_database_url(), "pishkhan publish")
    try:
        published, refused, topics = _publish_lines(file, settings, engine)
        console = Screen()
        console.print(f"{published} published, {refused} refused", highlight=False)
        if published and wait_seconds:
            _tell_of_delivery(console, settings, engine, topics, wait_seconds)
    finally:
        engine.dispose()
    if refused:
        raise typer.Exit(ExitCode.REFUSED)


def _tell_of_delivery(
    console: Screen, settings: Settings, engine: Engine, topics: set[str], wait_seconds: float
) -> None:
    try:
        kept = delivery(settings, engine, topics, wait_seconds)
    except DatabaseUnavailable:
        console.print("They are kept: the database went away after it had them.")
        return
    if kept is not None:
        console.print(delivery_words(kept, Language.EN), style="yellow", highlight=False, soft_wrap=True)


def _publish_lines(file: str, settings: Settings, engine: Engine) -> tuple[int, int, set[str]]:
    """Publish the good lines, tell of the others, and return how many there were of each, and of which topics."""
    now = settings.clock.now
    publisher = Publisher(outbox_opener(engine), now, new_id)
    published = refused = line_number = 0
    topics: set[str] = set()
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
                raise Unreachable(
                    f"The database does not answer ({error}). {published} events are published, those from line "
                    f"{line_number + 1} on are not accepted. Publish the file again when it is back: what went "
                    "through keeps its id and is skipped."
                ) from error
            for problem in found:
                if isinstance(problem, LineProblem):
                    refused += 1
                    text = f"line {problem.line_number}: {problem.field}: {problem.problem}"
                    progress.console.print(text, highlight=False, soft_wrap=True)
            published += len(messages)
            topics.update(message.topic for message in messages)
            line_number += len(chunk)
    return published, refused, topics


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
    return Progress(*columns, console=Screen(stderr=True), transient=True)


def _counted(stream: BinaryIO, progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in stream:
        progress.advance(task, len(line))
        yield line
