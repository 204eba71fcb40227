"""The picture of a day for pages that cannot run it: what the terminal showed, as one SVG that needs nothing else."""

import re
from io import StringIO
from pathlib import Path

from rich.console import RenderableType

from deploy.edge import Screen

WIDTH = 110
#: rich names a font and itself by their addresses; whoever looks at the picture shall not have to ask anybody for it.
_ADDRESSES = re.compile(r"@font-face\s*\{.*?\}\s*|\s*<!-- Generated with .*?-->", re.DOTALL)


def save_picture(path: Path, title: str, *shown: RenderableType) -> None:
    """Write what a terminal of `WIDTH` columns would show. Raises `OSError` when it cannot be written."""
    console = Screen(file=StringIO(), width=WIDTH, record=True, force_terminal=True, highlight=False)
    for one in shown:
        console.print(one)
    path.write_text(_ADDRESSES.sub("", console.export_svg(title=title)), encoding="utf-8")
