"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.words.language import Language

LanguageOption = Annotated[Language, typer.Option("--lang", envvar="PISHKHAN_LANG", help="Language of what is shown.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of data and logs; kept between runs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")]
