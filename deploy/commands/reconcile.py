"""`pishkhan reconcile`: topics, outbox, requests, ledger and cash compared, beside live traffic."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.words.language import Language
from connectors.words.reconciliation import kind_lines, summary_lines, verdict
from consumers.reconciliation.comparison import Watch
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Screen, say, say_json, say_lines
from deploy.exits import ExitCode
from deploy.operations.comparing import comparing, keep
from deploy.settings import Settings, load_settings


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    language: LanguageOption = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON object, for machines.")] = False,
    as_ndjson: Annotated[
        bool, typer.Option("--ndjson", help="One JSON object per difference, as it is found; the summary last.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Show so many of each kind; machines get all.")] = 20,
    strict: Annotated[bool, typer.Option("--strict", help="What is harmless counts as a difference, too.")] = False,
    data: DataOption = None,
) -> None:
    """Compare topics, outbox, requests, ledger and collected cash, and name by id what is in one and not in the other.

    What it said is kept, with the moment, and the doctor tells it.
    Runs beside live traffic: it compares one moment of the database with the logs around it. What is under way (not
    published, not read, parked) is counted and is no difference. Harmless ones are named, too: an event that was
    published twice, a position that was moved back.

    It reads every topic from its beginning into temporary tables of the database, which
    take about 300 bytes a record while it runs.

    [bold]Examples[/bold]

      pishkhan reconcile

      pishkhan reconcile --ndjson > differences.ndjson
    """
    settings = load_settings(data)
    form = Form.NDJSON if as_ndjson else Form.JSON if as_json else Form.TABLE
    records, harmful, harmless = _told(settings, form, language, limit)
    code = ExitCode.DIFFERS if harmful or (strict and harmless) else ExitCode.DONE
    not_kept = keep(data, records, harmful, harmless, code)
    if not_kept is not None:
        say(f"What was said could not be kept for the doctor ({not_kept}).", error=True)
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def _told(settings: Settings, form: Form, language: Language, limit: int) -> tuple[int, int, int]:
    """Compare and tell; return how many records were read, how many differences and harmless ones there are."""
    counts: Counter[DifferenceKind] = Counter()
    kept: dict[DifferenceKind, list[Finding]] = {}
    with bar() as watch, comparing(settings, watch) as (comparison, _):
        for finding in comparison.findings():
            counts[finding.kind] += 1
            if form is Form.NDJSON:
                say_json(finding.as_json())
            elif form is Form.JSON or counts[finding.kind] <= limit:
                kept.setdefault(finding.kind, []).append(finding)
        summary = comparison.summary
    harmless = sum(count for kind, count in counts.items() if kind.harmless)
    differences = sum(counts.values()) - harmless
    if form is Form.TABLE:
        for line in summary_lines(summary, language):
            say(line)
        for kind in DifferenceKind:
            if kind in kept:
                say_lines(kind_lines(kind, kept[kind], counts[kind], language))
        say(verdict(differences, harmless, language))
    else:
        told: dict[str, object] = {"differences": differences, "harmless": harmless, **summary.as_json()}
        if form is Form.JSON:
            told["findings"] = [finding.as_json() for some in kept.values() for finding in some]
        else:
            told = {"kind": "summary", **told}
        say_json(told)
    return summary.records, differences, harmless


@contextmanager
def bar() -> Iterator[Watch]:
    """Give what shows how far a comparison is: one bar on the error stream, only to people."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Screen(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("reading topics", total=None)

        def watch(what: str, done: int, total: int | None) -> None:
            shown.update(task, description=what, completed=done, total=total)

        yield watch
