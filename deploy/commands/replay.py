"""`pishkhan replay`: read records again from a time on, through the same consumers; nothing is done twice."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from consumers.runner.ports import BrokerUnavailable, Contention, DatabaseUnavailable, Outcome
from consumers.runner.rereading import RereadingHalted
from deploy.commands.options import DataOption
from deploy.problem import Problem
from deploy.rereading import Reread, Wanted, reread
from deploy.settings import load_settings

FromOption = Annotated[str, typer.Option("--from", help="Read again what the broker got from then on (ISO 8601; UTC).")]
ToOption = Annotated[str | None, typer.Option("--to", help="... and before then. Without it, until now.")]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="Only this topic; may be given several times.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Try each batch, undo it, and say what would happen.")]

#: The columns of the table, and the outcomes that they count.
COLUMNS: tuple[tuple[str, Outcome], ...] = (
    ("done before", Outcome.DUPLICATE),
    ("applied now", Outcome.HANDLED),
    ("refused", Outcome.REFUSED),
    ("parked", Outcome.PARKED),
    ("dead letters", Outcome.DEAD_LETTERED),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay)


def replay(
    start: FromOption,
    end: ToOption = None,
    topic: TopicOption = None,
    dry_run: DryRunOption = False,
    data: DataOption = None,
) -> None:
    """Read events again from a time on, as every consumer that has passed them. It runs beside live traffic.

    Nothing is done twice: a claim is known by its source, id and body, an event of a log by its place in its order.
    What was left out, for whatever reason, is done now. What a consumer has not come to yet is left to its workers.

    [bold]Examples[/bold]

      pishkhan replay --from 2026-11-25T06:00 --dry-run

      pishkhan replay --from 2026-11-25T06:00 --to 2026-11-25T07:30 --topic pishkhan.intake.water
    """
    wanted = Wanted(_moment("--from", start), None if end is None else _moment("--to", end), topic or ())
    if wanted.end is not None and wanted.end <= wanted.start:
        raise Problem("--to must be later than --from.")
    settings = load_settings(data)
    console = Console()
    again = "Nothing is done twice: run it again."
    try:
        with _logging_to_stderr(), Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("trying" if dry_run else "reading again", total=None)
            results = reread(
                settings,
                wanted,
                keep=not dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except BrokerUnavailable as error:
        raise Problem(f"The broker does not answer: {error}. {again}") from error
    except (DatabaseUnavailable, Contention) as error:
        raise Problem(f"The database does not answer, or others hold its rows: {error}. {again}") from error
    except RereadingHalted as halted:
        raise Problem(f"Stopped ({halted.cause}): {halted}. See `pishkhan doctor`. {again}") from halted
    _tell(console, results, wanted, dry_run)


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    """Keep what the consumers log out of the answer."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(**before)


def _tell(console: Console, results: list[Reread], wanted: Wanted, dry_run: bool) -> None:
    until = "now" if wanted.end is None else f"{wanted.end:%Y-%m-%d %H:%M:%S}"
    console.print(f"What the broker got from {wanted.start:%Y-%m-%d %H:%M:%S} until {until} (UTC):", highlight=False)
    table = Table("consumer", "records", *(name for name, _ in COLUMNS), "others'", "to come", pad_edge=False)
    for one in results:
        counts = [one.tally.outcomes[outcome] for _, outcome in COLUMNS]
        cells = (one.tally.records, *counts, one.tally.passed_over, one.to_come)
        table.add_row(one.consumer, *(f"{cell:,}" for cell in cells))
    console.print(table)
    new = sum(one.tally.outcomes.total() - one.tally.outcomes[Outcome.DUPLICATE] for one in results)
    if dry_run:
        words = f"{new} events would be taken in that were not before" if new else "Nothing would change"
        console.print(f"{words}. Each batch was tried and undone, so what waits for an earlier one counts as parked.")
    else:
        console.print(f"{new} events were taken in that were not before." if new else "Nothing has changed.")
    if any(one.to_come for one in results):
        console.print("What is to come was left to the workers, who read it in its turn.", soft_wrap=True)


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            f"{option} {text} is no time: write it like 2026-11-25T06:00, or with +03:30 behind it."
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
