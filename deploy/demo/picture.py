"""The picture of a day for pages that cannot run it: what the terminal showed, as one SVG that needs nothing else."""

import re
from pathlib import Path

from rich.console import Console

#: rich names a font by its address; whoever looks at the picture shall not have to ask anybody for it.
_FONT_ADDRESSES = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def save_picture(console: Console, path: Path, title: str) -> None:
    """Write what `console` recorded to `path`. Raises `OSError` when it cannot be written."""
    path.write_text(_FONT_ADDRESSES.sub("", console.export_svg(title=title)), encoding="utf-8")
