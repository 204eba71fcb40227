"""`pishkhan agencies`: which executive organizations there are, and what holds with each."""

import typer

from connectors.words.calendar import explained_moment
from connectors.words.catalogue import STATES
from connectors.words.language import Language, Phrase, figures
from consumers.requests.directory import AgencyEntry
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json
from deploy.terminal.directory import directory_now, listing
from schemas.agreements import Agreement

_HEADINGS = (
    Phrase("کد", "code"),
    Phrase("خدمت‌ها", "services"),
    Phrase("باز", "open"),
    Phrase("تفاهم‌نامه‌ها", "agreements"),
)
_AGREEMENT = Phrase("{code}، {state}", "{code}, {state}")
_UNTIL = Phrase("{said}، تا {until}", "{said}, until {until}")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    agencies = typer.Typer(
        help="Which executive organizations there are.\n\n[bold]Example[/bold]\n\npishkhan agencies list"
    )
    agencies.command("list")(list_agencies)
    # Keeps it a group while it has only one command.
    agencies.callback()(lambda: None)
    app.add_typer(agencies, name="agencies")


def list_agencies(as_json: JsonOption = False, language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """List the agencies: how many services they have, how many can be asked for now, and their agreements.

    [bold]Examples[/bold]

      pishkhan agencies list

      pishkhan agencies list --json
    """
    entries = directory_now(data).agencies()
    if as_json:
        for entry in entries:
            say_json(_as_json(entry))
        return
    table = listing(_HEADINGS, language)
    for entry in entries:
        counts = figures(entry.services, language), figures(entry.open_services, language)
        table.add_row(entry.code, *counts, tuple(_agreement(one, language) for one in entry.agreements) or "")
    Screen().print(table)


def _agreement(agreement: Agreement, language: Language) -> str:
    said = _AGREEMENT.fill(language, code=agreement.code, state=STATES[agreement.state])
    if agreement.valid_to is None:
        return said
    return _UNTIL.fill(language, said=said, until=explained_moment(agreement.valid_to, language))


def _as_json(entry: AgencyEntry) -> dict[str, object]:
    fields = {"code", "state", "valid_from", "valid_to"}
    agreements = [one.model_dump(mode="json", include=fields) for one in entry.agreements]
    return {"code": entry.code, "services": entry.services, "open": entry.open_services, "agreements": agreements}
