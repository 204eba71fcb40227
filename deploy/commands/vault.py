"""`pishkhan vault`: the key of the vault in which citizens are kept apart."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.words import vault as words
from connectors.words.language import Language
from deploy.commands.options import ByOption, DataOption, LanguageOption
from deploy.edge import Screen
from deploy.operations.vault import backup_key, exchange_key
from deploy.problem import Misused

_HELP = """The key of the vault in which citizens are kept apart.

Without its key nothing in the vault can be read, by nobody and for ever; so back it up, again after each rotation.

[bold]Examples[/bold]

  pishkhan vault key backup /media/safe/pishkhan-vault-key.json

  pishkhan vault key rotate
"""


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    vault = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    vault.callback(help=_HELP)(_thing)
    vault.command("backup")(backup)
    vault.command("rotate")(rotate)
    app.add_typer(vault, name="vault")


def _thing(thing: Annotated[str, typer.Argument(metavar="key", help="What a vault has: its key.")]) -> None:
    if thing != "key":
        raise Misused(words.ONLY_KEY)


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there yet.")],
    by: ByOption = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Copy the vault's key to a file that its owner alone may read, and note that this was done.

    [bold]Example[/bold]

      pishkhan vault key backup /media/safe/pishkhan-vault-key.json
    """
    version = backup_key(data, target, by)
    told = words.BACKED_UP.fill(language, version=str(version), target=str(target))
    Screen().print(told, highlight=False, soft_wrap=True)


def rotate(by: ByOption = None, language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """Make a new key, and wrap every person's key with it. Doors go on meanwhile.

    [bold]Example[/bold]

      pishkhan vault key rotate
    """
    version, persons = exchange_key(data, by)
    told = words.ROTATED.fill(language, version=str(version), persons=persons)
    Screen().print(told, highlight=False, soft_wrap=True)
