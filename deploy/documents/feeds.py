"""docs/feeds.md: what each kind of party is told of which event."""

from collections.abc import Iterable, Iterator

from connectors.words.feeds import EVENTS
from consumers.delivery.domain.telling import TELLINGS, TOLD, Fields, Telling
from schemas.topics import FEED_AGENCY

_HEAD = f"""\
# Feeds

Everything that concerns one party, in one order, numbered from 1 without gaps: `agency:CODE`, `office:CODE` and
`directorate` have one feed each. This page is written from the table in `consumers/delivery/domain/telling.py` by
`python -m deploy.documents`.

An entry has `number`, `id`, `type`, `time` and `subject` (those of the event of our logs), `place` (topic, partition
and position there) and `data`. The number is the cursor of every door: ask for what follows the last one that you
have worked off. An entry never changes its number, and the same number is never given twice. More fields may come
into `data` later; leave alone what you do not know.

- **Terminal**: `pishkhan feed show --agency CODE --after N`, with `--follow` and `--json`.
- **Kafka**: an agency reads the topic `{FEED_AGENCY.name}`, which has one partition; the number is also the header
  `ce_sequence`. A record may come twice, with the same number: skip what is not above your last one. Records stay for
  30 days.

Entries about one request come in the order in which things happened to it; between two requests the order of numbers
says nothing. There is no citizen's data in any feed: no form, no encrypted blob, no reference to a citizen. The
tracking code is told once, to the agency that submitted the request, which must hand it to the citizen; at a desk the
desk does. What one party says wrongly is told to it alone, and in short to the directorate: a refused claim with its
reason, a dead letter with the field at fault. Of a flood of dead letters some are told, and `untold_before` counts
the others.
"""
_COLUMNS = ("event", "agency", "office", "directorate", "what it is")


def feeds_page() -> str:
    """Return the page, in Markdown."""
    return "\n".join([_HEAD, *_table()]) + "\n"


def _table() -> Iterator[str]:
    yield "## What is told\n"
    yield "An empty cell: such parties are not told. A dash: they are told that it happened, and no more.\n"
    yield _row(_COLUMNS)
    yield _row("---" for _ in _COLUMNS)
    for row in TELLINGS:
        if row.event.type_name() in TOLD:
            yield _row(_cells(row))


def _cells(row: Telling) -> Iterator[str]:
    yield f"`{row.event.__name__}`"
    for fields in (row.agency, row.office, row.directorate):
        yield _named(fields)
    yield EVENTS[row.event].en


def _named(fields: Fields) -> str:
    if fields is None:
        return ""
    return ", ".join(f"`{path.rpartition('.')[2]}`" for path in fields) or "-"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
