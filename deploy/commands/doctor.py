"""`pishkhan doctor`: what is wrong with this machine or this bus, in words, with the remedy."""

import typer
from rich.text import Text

from deploy.commands.options import DataOption
from deploy.doctor.checks import Level
from deploy.doctor.table import examine
from deploy.exits import ExitCode
from deploy.settings import load_settings
from deploy.terminal.edge import Screen

MARKS = {Level.GOOD: ("good ", "green"), Level.NOTE: ("note ", "yellow"), Level.WRONG: ("wrong", "red")}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(data: DataOption = None) -> None:
    """Check machine, engines, topics, rules, tables, lag, clock and what waits.

    [bold]Examples[/bold]

      pishkhan doctor

      pishkhan doctor --data /srv/pishkhan
    """
    console = Screen()
    wrong = 0
    for finding in examine(load_settings(data)):
        console.print(Text.assemble(MARKS[finding.level], f" {finding.subject:<12}"), end=" ")
        console.print(finding.words, highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(f"{'':19}remedy: {finding.remedy}", highlight=False, soft_wrap=True)
        wrong += finding.level is Level.WRONG
    console.print("Everything is in order." if not wrong else f"{wrong} wrong.", highlight=False)
    if wrong:
        raise typer.Exit(ExitCode.DIFFERS)
