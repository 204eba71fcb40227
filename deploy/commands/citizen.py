"""`pishkhan citizen`: what a citizen may ask of the bus."""

import sys
from typing import Annotated

import typer

from connectors.words import vault as words
from connectors.words.language import Language
from deploy.commands.options import ByOption, DataOption, LanguageOption
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.operations.vault import forget_citizen
from deploy.problem import Problem
from producers.vault.numbers import NumberKind


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    citizen = typer.Typer(
        help="What a citizen may ask of the bus.\n\n[bold]Example[/bold]\n\npishkhan citizen forget",
        no_args_is_help=True,
    )
    citizen.command("forget")(forget)
    # Keeps it a group while it has only one command.
    citizen.callback()(lambda: None)
    app.add_typer(citizen, name="citizen")


def forget(
    kind: Annotated[NumberKind, typer.Option(help="Which kind of number it is.")] = NumberKind.NATIONAL,
    by: ByOption = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Forget a person: the number is asked for, so that it stands in no history of a shell; or read from a pipe.

    The vault's row goes, and with it the key of everything personal that was ever sealed: in logs, tables and backups
    of the bus it cannot be read any more. Requests, money and figures stay as they are: they know nobody.

    [bold]Example[/bold]

      pishkhan citizen forget --kind national
    """

    def ask() -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().strip()
        return str(typer.prompt(words.ASK_NUMBER.of(language), hide_input=True, err=True))

    if not forget_citizen(data, kind, ask, by):
        raise Problem(words.NOBODY, ExitCode.REFUSED)
    Screen().print(words.FORGOTTEN.of(language), highlight=False, soft_wrap=True)
