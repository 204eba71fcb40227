"""The one way out to a terminal: every line, table and bar passes here, and no text from outside controls it.

`Screen` is rich's console, `Grid` its table; `say` writes a plain line, `say_json` an exact one. A text is one line:
a break in it came from outside and is shown. Several lines are several texts.
"""

import json
import os
import sys
from collections.abc import Iterable
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any, TextIO

import typer
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from connectors.visible import json_text, lines_of_ours, one_line

#: Wider than any table of ours.
_ANY_WIDTH = 10_000
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
    """A table whose cells are texts: a break or markup in one is shown as it is.

    Where the screen is so narrow that words would be cut, each row is drawn as a few lines, one below the other.
    """

    def add_row(self, *cells: Cell | None, **options: Any) -> None:
        """Add a row as rich does."""
        super().add_row(*map(_cell, cells), **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as rich does, or row by row."""
        wanted = self.__rich_measure__(console, options.update_width(_ANY_WIDTH)).minimum
        if wanted <= options.max_width or not self.show_header:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield Text(str(self.title), style="table.title")
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            block = Table(box=None, show_header=False, pad_edge=False)
            block.add_column(style="table.header", no_wrap=True)
            # An id is broken at the screen's end, where no word ends.
            block.add_column(overflow="fold")
            for column, cell in zip(self.columns, cells, strict=True):
                block.add_row(column.header, cell)
            yield block
            yield Text()
        if self.caption:
            yield Text(str(self.caption), style="table.caption")


def say(line: str, *, error: bool = False) -> None:
    """Write one line."""
    typer.echo(one_line(line), err=error)


def say_lines(lines: Iterable[str]) -> None:
    """Write several lines."""
    for line in lines:
        say(line)


def say_json(value: object) -> None:
    """Write one JSON value on one line, exactly: what the output's encoding lacks is escaped as JSON has it."""
    text = json_text(value)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    typer.echo(text)


class OutputLost(OSError):
    """An output takes nothing any more: its disk is full, or whoever read the pipe has gone."""


class _Output(FileIO):
    """The file below an output: what it cannot take is told from any other error of a file."""

    def write(self, data: Any) -> int:
        """Write as a file does. Raises `OutputLost`."""
        try:
            return super().write(data) or 0
        except OSError as error:
            raise OutputLost(error.errno, error.strerror) from None


def open_outputs() -> None:
    """Let both outputs take every text, and tell when they take nothing.

    What their encoding lacks is shown as `\\u0646`, and nothing fails for it. Writing may raise `OutputLost`.
    """
    for name in ("stdout", "stderr"):
        output = getattr(sys, name)
        if output is not None and output is getattr(sys, f"__{name}__"):
            raw = BufferedWriter(_Output(output.fileno(), "wb", closefd=False))
            setattr(sys, name, TextIOWrapper(raw, output.encoding, "backslashreplace", line_buffering=_by_line(output)))
        elif isinstance(output, TextIOWrapper):
            output.reconfigure(errors="backslashreplace")


def flush_outputs() -> None:
    """Write what is still held back. Raises `OutputLost`."""
    for output in (sys.stdout, sys.stderr):
        # Either may have been closed before we began.
        if output is not None:
            output.flush()


def give_up_outputs() -> None:
    """Let go of what an output has not taken: the interpreter would try once more at its end, and show a trace."""
    for output in (sys.stdout, sys.stderr):
        try:
            if output is not None:
                output.flush()
        except OutputLost:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, output.fileno())
            os.close(nowhere)


def _by_line(output: TextIO) -> bool:
    # Errors are seen at once, wherever they go.
    return output.isatty() or output is sys.__stderr__


def _cell(cell: Cell | None) -> RenderableType | None:
    if isinstance(cell, tuple):
        return Text("\n".join(map(one_line, cell)))
    return Text(one_line(cell)) if isinstance(cell, str) else cell
