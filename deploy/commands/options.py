"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of data and logs; kept between runs.")]
