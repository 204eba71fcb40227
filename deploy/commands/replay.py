"""`pishkhan replay`: read records again from a time on, through the same consumers; nothing is done twice."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Annotated

import structlog
import typer
from rich.progress import Progress

from connectors.telemetry.log import place_of_exception, redact
from connectors.visible import json_text
from connectors.words.language import Language
from connectors.words.rereading import came_to, cells, headings, time_words
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from consumers.runner.rereading import RereadingHalted, RereadRequest
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Grid, Screen
from deploy.operations.administering import attempted
from deploy.operations.rereading import reread
from deploy.problem import Misused, Problem, Unreachable
from deploy.settings import load_settings
from deploy.terminal.moments import utc_moment
from producers.access.audit import AdminAct

FromOption = Annotated[str, typer.Option("--from", help="Read again what the broker got from then on (ISO 8601; UTC).")]
ToOption = Annotated[str | None, typer.Option("--to", help="... and before then. Without it, until now.")]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="Only this topic; may be given several times.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Try each batch, undo it, and say what would happen.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay)


def replay(
    start: FromOption,
    end: ToOption = None,
    topic: TopicOption = None,
    dry_run: DryRunOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Read events again from a time on, as every consumer that has passed them. It runs beside live traffic.

    Nothing is done twice: a claim is known by its source, id and body, an event of a log by its place in its order.
    What was left out, for whatever reason, is done now; what an operator has skipped stays skipped. What a consumer
    has not come to yet is left to its workers.

    [bold]Examples[/bold]

      pishkhan replay --from 2026-11-25T06:00 --dry-run

      pishkhan replay --from 2026-11-25T06:00 --to 2026-11-25T07:30 --topic pishkhan.intake.water
    """
    wanted = RereadRequest(utc_moment("--from", start), None if end is None else utc_moment("--to", end), topic or ())
    if wanted.end is not None and wanted.end <= wanted.start:
        raise Misused("--to must be later than --from.")
    if wanted.start > datetime.now(UTC):
        raise Misused(f"--from {start} lies ahead: it is a time of the broker, which is real time, in UTC.")
    settings = load_settings(data)
    console = Screen()
    again = "Nothing is done twice: run it again."
    try:
        with (
            _on_record(data, wanted, dry_run=dry_run),
            _logging_to_stderr(),
            Progress(console=Screen(stderr=True), transient=True) as bar,
        ):
            task = bar.add_task("trying" if dry_run else "reading again", total=None)
            results = reread(
                settings,
                wanted,
                keep=not dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except BrokerUnavailable as error:
        raise Unreachable(f"The broker does not answer: {error}. {again}") from error
    except (DatabaseUnavailable, Contention) as error:
        raise Unreachable(f"The database does not answer, or others hold its rows: {error}. {again}") from error
    except RereadingHalted as halted:
        raise Problem(f"Stopped ({halted.cause}): {halted}. See `pishkhan doctor`. {again}") from halted
    console.print(time_words(wanted, language), highlight=False)
    table = Grid(*headings(language), pad_edge=False)
    for one in results:
        table.add_row(*cells(one, language))
    console.print(table)
    for line in came_to(results, language, dry_run=dry_run):
        console.print(line, highlight=False, soft_wrap=True)


def _on_record(data: DataOption, wanted: RereadRequest, *, dry_run: bool) -> AbstractContextManager[object]:
    """Put on record who reads again; a trial changes nothing and needs no record."""
    if dry_run:
        return nullcontext()
    until = "" if wanted.end is None else f" to {wanted.end:%Y-%m-%dT%H:%M:%SZ}"
    topics = " ".join(wanted.topics) or "every topic"
    return attempted(data, AdminAct.REPLAY, f"from {wanted.start:%Y-%m-%dT%H:%M:%SZ}{until}, {topics}")


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    """Keep what the consumers log out of the answer."""
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            place_of_exception,
            redact,
            structlog.processors.JSONRenderer(serializer=json_text),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
