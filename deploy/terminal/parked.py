"""What waits in the park as a table that fits 80 columns."""

from collections.abc import Sequence

from rich import box

from connectors.words.language import Language
from connectors.words.parked import HEADINGS, cells
from consumers.parked import ParkedLine
from deploy.edge import Grid


def parked_table(lines: Sequence[ParkedLine], language: Language) -> Grid:
    """Return what waits, one row each."""
    number, waits, key, ends = (heading.of(language) for heading in HEADINGS)
    table = Grid(number, waits, box=box.SIMPLE_HEAD, pad_edge=False)
    # A request's id is there to be copied, so it stays on one line of a terminal of 80 columns.
    table.add_column(key, min_width=36, overflow="fold")
    table.add_column(ends, overflow="fold")
    for line in lines:
        table.add_row(*cells(line, language))
    return table
