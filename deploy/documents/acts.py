"""docs/acts.md: every act and every read, with its names at each door."""

from collections.abc import Iterable, Iterator

from connectors.reads.table import EVERYBODY, READS
from connectors.words.acts import SPEAKERS, purpose
from producers.acts import AGENCY_ACTS, DIRECTORATE_ACTS, OFFICE_ACTS, Act
from schemas.speakers import SpeakerKind

_READS = """\
## What may be looked at

Over HTTP with `GET`, for a key with the scope `read`, in JSON; each shows what a command shows. Agencies and offices
are shown their own: another party's thing is 404, as is one that does not exist. Lists of requests come in pages:
`next` of one page is `after` of the next. A parameter in the last column stands in the query; one in bold must.
`/v1/events/{event_id}` says what became of one thing that the party has said.
"""
_READ_COLUMNS = ("read", "shows", "path", "for", "like `pishkhan`", "query")
_HEAD = """\
# Acts

Everything that a party may say to the bus, and its name at each door: the same act is a request over HTTP, a command of
the terminal and an event on Kafka, and what the bus makes of it is the same. This page is written from the table in
`producers/acts.py` by `python -m deploy.documents`.

- **HTTP**: method and path below the gateway's address. The body is JSON with the fields of the event; what the path,
  the key or the act says by itself is left out. A field with `?` may be left out, too.
- **Command**: behind `pishkhan`; `--help` has an example, and `--id` takes an id of your own.
- **Event**: the CloudEvents type is `ir.pishkhan.<event>.v1`; `pishkhan schemas export` writes each schema.
- **Scope**: what a key must have been given.
"""
_TITLES = {
    SpeakerKind.AGENCY: "What an agency says",
    SpeakerKind.OFFICE: "What an office says",
    SpeakerKind.DIRECTORATE: "What the directorate says",
}
_COLUMNS = ("act", "for", "HTTP", "body", "command", "event", "scope")
_WHO = {SpeakerKind.AGENCY: " AGENCY", SpeakerKind.OFFICE: " OFFICE", SpeakerKind.DIRECTORATE: ""}


def acts_page() -> str:
    """Return the page, in Markdown."""
    tables = zip(_TITLES, (AGENCY_ACTS, OFFICE_ACTS, DIRECTORATE_ACTS), strict=True)
    lines = [_HEAD, *(line for speaker, acts in tables for line in _table(speaker, acts)), _READS, *_reads()]
    return "\n".join(lines) + "\n"


def body_fields(act: Act) -> list[str]:
    """Return the names of the fields that a caller sends, those that may be left out with `?`."""
    said = {act.place, act.own, *act.fixed}
    return [
        name if field.is_required() and name not in act.made else f"{name}?"
        for name, field in act.event.model_fields.items()
        if name not in said
    ]


def _table(speaker: SpeakerKind, acts: tuple[Act, ...]) -> Iterator[str]:
    yield f"## {_TITLES[speaker]} ({SPEAKERS[speaker].fa})\n"
    yield _row(_COLUMNS)
    yield _row("---" for _ in _COLUMNS)
    for act in acts:
        group, word = act.command
        body = ", ".join(f"`{name}`" for name in body_fields(act))
        command = f"`{group}{_WHO[speaker]} {word}`"
        yield _row(
            (f"`{act.name}`", purpose(act).en, f"`{act.method} {act.path}`", body, command, _event(act), act.scope)
        )
    yield ""


def _reads() -> Iterator[str]:
    yield _row(_READ_COLUMNS)
    yield _row("---" for _ in _READ_COLUMNS)
    for read in READS:
        kinds = ", ".join(kind.value.replace("_", " ") for kind in read.parties)
        parties = "everybody" if read.parties == EVERYBODY else kinds
        query = ", ".join(f"**`{one.name}`**" if one.required else f"`{one.name}`" for one in read.query)
        yield _row((f"`{read.name}`", read.words.en, f"`{read.path}`", parties, f"`{read.command}`", query))


def _event(act: Act) -> str:
    fixed = "".join(f", `{name}` {str(value).lower()}" for name, value in act.fixed.items())
    return act.event.__name__ + fixed


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
