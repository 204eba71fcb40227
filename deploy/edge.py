"""The one way out to a terminal: every line, table and bar passes here, and no text from outside controls it.

`Screen` is rich's console, `Grid` its table; `say` writes a plain line, `say_json` an exact one. A text is one line:
a break in it came from outside and is shown. Several lines are several texts.
"""

from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from connectors.visible import json_text, lines_of_ours, one_line

#: A cell: a text, several texts below each other, or something that rich draws.
Cell = str | tuple[str, ...] | RenderableType


class Screen(Console):
    """A console that reads no markup (our own words are styled as `Text`) and lets no control through."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does, each text on one line."""
        super().print(*(one_line(each) if isinstance(each, str) else each for each in objects), **options)

    def print_lines(self, lines: Iterable[str], **options: Any) -> None:
        """Print several lines, as they are: not broken at the terminal's width, so that they can be copied."""
        for line in lines:
            self.print(line, highlight=False, soft_wrap=True, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Draw as rich does; whatever drew it, its text holds nothing that a terminal would obey."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(lines_of_ours(text), style)


class Grid(Table):
    """A table whose cells are texts: a break or markup in one is shown as it is."""

    def add_row(self, *cells: Cell | None, **options: Any) -> None:
        """Add a row as rich does."""
        super().add_row(*map(_cell, cells), **options)


def say(line: str, *, error: bool = False) -> None:
    """Write one line."""
    typer.echo(one_line(line), err=error)


def say_lines(lines: Iterable[str]) -> None:
    """Write several lines."""
    for line in lines:
        say(line)


def say_json(value: object) -> None:
    """Write one JSON value on one line, exactly."""
    typer.echo(json_text(value))


def _cell(cell: Cell | None) -> RenderableType | None:
    if isinstance(cell, tuple):
        return Text("\n".join(map(one_line, cell)))
    return Text(one_line(cell)) if isinstance(cell, str) else cell
