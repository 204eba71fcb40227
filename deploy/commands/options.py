"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.words.language import Language
from schemas.envelope import ID_LENGTH_MAX

LanguageOption = Annotated[Language, typer.Option("--lang", envvar="PISHKHAN_LANG", help="Language of what is shown.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of data and logs; kept between runs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")]


def _usable(event_id: str | None) -> str | None:
    if event_id is not None and not (0 < len(event_id) <= ID_LENGTH_MAX and event_id.isprintable()):
        raise typer.BadParameter(f"must be 1 to {ID_LENGTH_MAX} printable characters")
    return event_id


WaitOption = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the answer.")]
IdOption = Annotated[
    str | None,
    typer.Option("--id", callback=_usable, help="An id of your own: said again under it, it is known as said before."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether the amount is right.")]
OfficeArgument = Annotated[str, typer.Argument(metavar="OFFICE_ID", help="The office's code.")]
RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The request's id, or its beginning.")]
MinutesOption = Annotated[str, typer.Option(help="Number of the working group's minutes.")]
ReasonOption = Annotated[str, typer.Option(help="Why; no personal data.")]
BeginsOption = Annotated[
    str | None, typer.Option("--from", help="Day from which it holds, 2027-03-21 or 1406-01-01; now by default.")
]
ByOption = Annotated[str | None, typer.Option(help="Who decides; it stays on record.", show_default="your login")]
FileArgument = Annotated[Path, typer.Argument(help="A YAML or JSON file with one version, or a list of them.")]
