"""`pishkhan doctor`: what is wrong with this machine or this bus, in words, with the remedy."""

import typer
from rich.text import Text

from deploy.commands.options import DataOption
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.counts import NOT_ASKED
from deploy.operations.doctor.table import examine
from deploy.settings import load_settings

MARKS = {Level.GOOD: ("good ", "green"), Level.NOTE: ("note ", "yellow"), Level.WRONG: ("wrong", "red")}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(data: DataOption = None) -> None:
    """Check machine, engines, topics, rules, tables, counts, lag, clock and what waits.

    It counts, and compares no row with its record: the line "not asked" says what that leaves out, and what `pishkhan
    reconcile` last said of it.

    [bold]Examples[/bold]

      pishkhan doctor

      pishkhan doctor --data /srv/pishkhan
    """
    console = Screen()
    wrong = unasked = 0
    for finding in examine(load_settings(data)):
        console.print(Text.assemble(MARKS[finding.level], f" {finding.subject:<12}"), end=" ")
        console.print(finding.words, highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(f"{'':19}remedy: {finding.remedy}", highlight=False, soft_wrap=True)
        wrong += finding.level is Level.WRONG
        unasked += finding.subject == NOT_ASKED
    console.print(closing(wrong, unasked), highlight=False, soft_wrap=True)
    if wrong:
        raise typer.Exit(ExitCode.DIFFERS)


def closing(wrong: int, unasked: int) -> str:
    """Return the last line, which claims no more than was asked."""
    if wrong:
        return f"{wrong} wrong."
    return "All that was asked is in order" + (f'; lines "{NOT_ASKED}" say what was not.' if unasked else ".")
