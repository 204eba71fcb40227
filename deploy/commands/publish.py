"""`pishkhan publish`: CloudEvents from a file or a pipe, line by line, through the outbox."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from connectors.words import publishing as words
from connectors.words.delivery import delivery_words
from connectors.words.endings import PUBLISHING_INTERRUPTED
from connectors.words.language import Language
from connectors.words.outcomes import outcome_lines
from consumers.runner.errors import DatabaseUnavailable
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Screen
from deploy.exits import ExitCode, end_with
from deploy.operations.delivery import delivery
from deploy.problem import Interrupted, Problem, Unreachable
from deploy.running.demonstration import note_use
from deploy.settings import Settings, load_settings
from deploy.terminal.outcomes import code_of, style_of, worst
from deploy.use_cases import Bus
from producers.claims import topic_of_speaker
from producers.lines import KeptLine, LineProblem, publish_lines
from producers.outcomes import AnswersUnavailable, OutcomeReads, hear
from producers.ports import OutboxUnavailable

#: The broker has an event within moments when the bus runs; after this long it is told what it waits for.
BROKER_SECONDS = 3.0
#: The bus decides within moments when it runs; a person waits so long for all lines together.
WAIT_SECONDS = 10.0
#: So many lines go into one transaction.
LINES_AT_ONCE = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(publish)


def publish(
    file: Annotated[str, typer.Argument(help="NDJSON of CloudEvents in structured mode; - reads standard input.")],
    wait_seconds: Annotated[
        float | None,
        typer.Option(
            "--wait",
            min=0,
            metavar="SECONDS",
            help=f"Wait so long for what the bus decides on each line: {WAIT_SECONDS:.0f} on a terminal, 0 elsewhere.",
        ),
    ] = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Publish events, one per line, each wholly or not at all, and print what became of each, with its id.

    What is published is kept in the database until the broker has it; while the broker is away this is said. A line
    that may not be published is told with its number, the field and what is wrong. Correct it and publish the file
    again: what was accepted is known by its id, and is not published twice. `pishkhan outcomes` asks again later.

    [bold]Examples[/bold]

      pishkhan publish events.ndjson

      generate-events | pishkhan publish - --wait 30
    """
    settings = load_settings(data)
    note_use(settings.data_directory)
    console = Screen(highlight=False, soft_wrap=True)
    if wait_seconds is None and console.is_terminal:
        wait_seconds = WAIT_SECONDS
    with Bus(settings, "pishkhan publish") as bus:
        kept, refused = _publish_lines(file, settings, bus, language)
        code = _show_outcomes(console, bus.outcomes, kept, wait_seconds or 0.0, language) if kept else ExitCode.DONE
        again = sum(line.again for line in kept)
        console.print(words.counts(len(kept), again, refused, language))
        if len(kept) > again and wait_seconds != 0 and code in (ExitCode.DONE, ExitCode.UNANSWERED):
            topics = {topic_of_speaker(line.claim.source)[1] for line in kept}
            _tell_of_delivery(console, settings, bus, topics, 0.0 if wait_seconds else BROKER_SECONDS, language)
    end_with(ExitCode.REFUSED if refused else code)


def _show_outcomes(
    console: Screen, reads: OutcomeReads, kept: Sequence[KeptLine], wait_seconds: float, language: Language
) -> ExitCode:
    """Print what becomes of every line within the time, in their order; return the code of the worst.

    Without a time nothing is asked, and nothing is printed.
    """
    if not wait_seconds:
        return ExitCode.DONE
    numbers = {line.claim: line.line_number for line in kept}
    codes = {ExitCode.DONE}
    try:
        for claim, outcome in hear(reads, list(numbers), wait_seconds):
            codes.add(code_of(outcome))
            what = "; ".join(outcome_lines(outcome, language))
            told = words.LINE.fill(language, line=str(numbers[claim]), event_id=claim.event_id, what=what)
            console.print(told, style=style_of(outcome))
    except AnswersUnavailable as error:
        console.print(words.KEPT_BUT_AWAY_NOW.fill(language, error=str(error)), style="yellow")
        codes.add(ExitCode.UNANSWERED)
    return worst(codes)


def _tell_of_delivery(
    console: Screen, settings: Settings, bus: Bus, topics: set[str], wait_seconds: float, language: Language
) -> None:
    try:
        kept = delivery(settings, bus.engine, topics, wait_seconds)
    except DatabaseUnavailable:
        console.print(words.KEPT.of(language))
        return
    if kept is not None:
        console.print(delivery_words(kept, language, datetime.now(UTC)), style="yellow")


def _publish_lines(file: str, settings: Settings, bus: Bus, language: Language) -> tuple[list[KeptLine], int]:
    """Publish the good lines, tell of the others; return those that are kept, and how many are not."""
    now = settings.clock.now
    kept: list[KeptLine] = []
    refused = line_number = 0
    try:
        with _opened(file) as stream, _progress() as progress:
            task = progress.add_task(words.PUBLISHING.of(language), total=_size(file))
            lines = _counted(stream, progress, task)
            while chunk := list(islice(lines, LINES_AT_ONCE)):
                try:
                    with bus.reading() as view:
                        agencies = view.agencies
                    found = publish_lines(bus.publisher, bus.outcomes, chunk, now(), agencies, line_number + 1)
                except (DatabaseUnavailable, OutboxUnavailable, AnswersUnavailable) as error:
                    raise Unreachable(
                        words.AWAY.filled(error=str(error), count=len(kept), line=str(line_number + 1))
                    ) from error
                for one in found:
                    if isinstance(one, LineProblem):
                        refused += 1
                        told = words.line_problem(one.line_number, one.field, one.problem, language)
                        progress.console.print(told, highlight=False, soft_wrap=True)
                    else:
                        kept.append(one)
                line_number += len(chunk)
    except KeyboardInterrupt:
        raise Interrupted(PUBLISHING_INTERRUPTED.filled(count=len(kept))) from None
    return kept, refused


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise Problem(words.UNREADABLE.filled(file=file, why=str(error.strerror))) from error


def _size(file: str) -> int | None:
    return None if file == "-" else Path(file).stat().st_size


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Screen(stderr=True), transient=True)


def _counted(stream: BinaryIO, progress: Progress, task: TaskID) -> Iterator[bytes]:
    for line in stream:
        progress.advance(task, len(line))
        yield line
