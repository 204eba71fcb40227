"""`pishkhan cities`: where a citizen can be served."""

from typing import Annotated

import typer

from connectors.words.catalogue import name
from connectors.words.language import Language, Phrase, figures
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json
from deploy.terminal.directory import directory_now, listing

_HEADINGS = (Phrase("کد", "code"), Phrase("نام", "name"), Phrase("شهرستان", "county"), Phrase("دفترها", "offices"))


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    cities = typer.Typer(help="Where a citizen can be served.\n\n[bold]Example[/bold]\n\npishkhan cities list")
    cities.command("list")(list_cities)
    # Keeps it a group while it has only one command.
    cities.callback()(lambda: None)
    app.add_typer(cities, name="cities")


def list_cities(
    county: Annotated[str | None, typer.Option(help="Only cities of the county of this code.")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """List the cities and villages of the territory in force, with their licensed offices.

    [bold]Examples[/bold]

      pishkhan cities list

      pishkhan cities list --county bojnord --json
    """
    entries = directory_now(data).cities(county)
    if as_json:
        for entry in entries:
            say_json({**entry.city.model_dump(mode="json"), "offices": entry.offices})
        return
    table = listing(_HEADINGS, language)
    for entry in entries:
        names = name(entry.city.names, language), name(entry.county.names, language)
        table.add_row(entry.city.code, *names, figures(entry.offices, language))
    Screen().print(table)
